"""Words that have an order: one line per scale, from its lower end to its upper end, words of one place divided by |.

A line that is indented continues the scale before it.
"""

import re

Scale = tuple[frozenset[str], ...]


def fold(text: str) -> str:
    """A word in lower case, with underscores, hyphens and points between its parts as spaces."""
    plain = text.casefold().replace("\u2019", "'")
    return re.sub(r"(?<=\w)[\s_\-\u2010-\u2015.]+(?=\w)", " ", plain).strip(" \t.")


def _scale(line: str) -> Scale:
    return tuple(frozenset(fold(word) for word in place.split("|")) for place in line.split("<"))


def _scales(text: str) -> tuple[Scale, ...]:
    return tuple(_scale(line) for line in re.sub(r"\n +", " ", text).strip().splitlines())


# Words are in lower case, with single spaces for underscores and hyphens. Longer scales contain the shorter ones.
VOCABULARIES = _scales(
    """
none|no|nil|zero < very very low|extremely low < very low|verylow|lowest < low|lo < medium low|moderately low|below
    average|low medium < medium|mid|med|moderate|middle|average|normal|intermediate < medium high|moderately
    high|above average|high medium < high|hi < very high|veryhigh|highest < extremely high|very very high <
    critical|extreme
none < minimal|negligible|trivial < mild|minor|slight|light|low < moderate|medium <
    serious|major|severe|high|heavy|significant < critical|very severe|extreme|catastrophic < fatal
light|low < medium|moderate < heavy|high < very heavy|very high
no injury|none|uninjured < possible injury|slight injury|slight|minor injury|minor < suspected minor injury|moderate
    injury < suspected serious injury|serious injury|serious|severe injury < fatal|fatal injury|killed|death
na|none < po|poor < fa|fair < ta|typical|typical/average|average < gd|good < ex|excellent
no|none < mn < av < gd
na|none < unf < lwq < rec < blq < alq < glq
terrible|awful|horrible|very bad|very poor|worst < bad|poor <
    fair|ok|okay|average|mediocre|acceptable|neutral|satisfactory|so so|regular < good < very good|great <
    excellent|best|outstanding|perfect|ideal|exceptional
bad < good < better < best
poor|bad < fair|average < good < very good < premium < ideal
low < good < excellent < outstanding
poor|bad < standard|average < good
fair < good < very good < premium < ideal
unsatisfactory|does not meet < needs improvement|partially meets < satisfactory|meets|meets expectations|fully meets
    < exceeds|exceeds expectations|good < outstanding|far exceeds|excellent
unsatisfactory|poor|low < developing|partially successful|needs improvement < successful|solid|good|meets
    expectations|fully successful < high|strong|very good|highly successful|exceeds expectations <
    top|outstanding|exceptional
emerging < developing < proficient < advanced|mastery|distinguished
not verified|unverified < source verified|partially verified < verified|fully verified
salvage < fair < good < excellent < like new < new
never < almost never|hardly ever|very rarely < rarely|seldom|rare < occasionally|infrequently < sometimes|some times
    < regularly|frequently|often|usually|frequent < very often|mostly|very frequently|almost always <
    always|constantly
never < no longer|formerly|former|ex < sometimes|occasionally|occasional < regularly|regular < daily
non travel|no travel|never < travel rarely|rarely < travel frequently|frequently
daily < weekly < biweekly|fortnightly|every two weeks < monthly < quarterly < half yearly|semiannually|semi annually
    < annually|yearly|annual
strongly disagree|completely disagree|totally disagree < disagree < somewhat disagree|slightly disagree <
    neutral|neither agree nor disagree|neither|undecided|neither agree or disagree < somewhat agree|slightly agree <
    agree < strongly agree|completely agree|totally agree
very dissatisfied|extremely dissatisfied|very unsatisfied|very unhappy < dissatisfied|unsatisfied|somewhat
    dissatisfied|unhappy < neutral|neither|neither satisfied nor dissatisfied|indifferent < satisfied|somewhat
    satisfied|happy < very satisfied|extremely satisfied|very happy
very unlikely|extremely unlikely < unlikely|somewhat unlikely < neutral|neither|possible < likely|somewhat
    likely|probable < very likely|extremely likely < certain|almost certain
not at all important|not important|unimportant < slightly important|somewhat important < moderately
    important|neutral < important < very important < extremely important|essential
not at all|none at all < a little|slightly|a bit < somewhat|moderately|some < a lot|very|quite a bit|very much <
    extremely|a great deal
very negative < negative < neutral|mixed < positive < very positive|overwhelmingly positive
very easy < easy < medium|moderate|normal|intermediate < hard|difficult|challenging < very hard|very
    difficult|expert
very small|tiny|extra small|xsmall < small|little < medium|mid|mid size|midsize|average|regular|normal < large|big <
    very large|extra large|xlarge|huge < giant|enormous
xxxs|3xs < xxs|2xs < xs < s < m < l < xl < xxl|2xl < xxxl|3xl < xxxxl|4xl < 5xl
short < medium|average|normal < tall|long < very tall|very long
very short < short < medium|average < long < very long
very young < young|child|youth < middle aged|middle age|adult < old|senior|elderly < very old
infant|baby < toddler < child|kid < teen|teenager|adolescent < young adult < adult < middle aged < senior|elderly
very slow < slow < medium|moderate|normal|average < fast|quick < very fast
very cold|freezing < cold < cool|chilly < mild|moderate|temperate|normal|medium < warm < hot < very hot
very dry < dry < normal|moderate|medium < moist|damp < wet < very wet
very weak < weak < moderate|medium|average < strong < very strong
very dark < dark < medium < light < very light
very cheap < cheap|budget|low cost < affordable|moderate|mid range|midrange|medium < expensive|premium|upscale <
    very expensive|luxury
basic < standard|regular < plus < premium < deluxe < luxury|ultimate
bronze < silver < gold < platinum < diamond
no medal|none < bronze < silver < gold
first|1st < second|2nd < third|3rd < fourth|4th < fifth|5th < sixth|6th < seventh|7th < eighth|8th < ninth|9th <
    tenth|10th
one < two < three < four < five < six < seven < eight < nine < ten < eleven < twelve
beginner|novice|newbie|starter|no experience < elementary|basic < intermediate|competent|average <
    advanced|proficient|experienced < expert|master|professional|fluent|native
trainee|intern|apprentice|internship < entry|entry level|junior|jr|jun < associate < mid|middle|mid
    level|medior|intermediate|regular < mid senior level < senior|sr|senior level|sen < lead|staff < principal <
    director < executive|c level|vp
freshman < sophomore < junior < senior < graduate
en < mi < se < ex
no education|none|no schooling|illiterate|no formal education < primary|primary school|elementary|elementary
    school|primary education|some primary < middle school|lower secondary|junior high|some high school|secondary
    first stage|below college|lower than high school < high school|secondary|high school graduate|hs grad|secondary
    school|high school diploma|upper secondary|secondary education|secondary second stage|high school or
    equivalent|highschool < vocational|technical|trade school < some college|college dropout|some college no degree
    < college|associate|associate degree|associate's degree|associates degree|associate's <
    bachelor|bachelors|bachelor's|bachelor's degree|bachelors
    degree|undergraduate|university|graduate|graduation|bachelor degree|tertiary|higher education <
    postgraduate|post graduate|master|masters|master's|master's degree|masters degree|master degree <
    professional|professional degree < doctor|doctorate|phd|ph d|doctoral|doctorate degree|doctor's degree
below secondary < secondary < bachelor < master < doctor
no formal|incomplete < basic|basic 4y < basic 6y < basic 9y < high school < professional course < university degree
never smoked|never|non smoker|nonsmoker < former|ex smoker|formerly smoked|quit|former smoker < occasional|light
    smoker|light < current|smoker|smokes|regular|moderate smoker < heavy smoker|heavy
underweight|under weight|insufficient weight < normal|normal weight|healthy weight|healthy < overweight|over
    weight|overweight level i < overweight level ii < obese|obesity|obesity type i|obese class i < obesity type
    ii|obese class ii < severely obese|morbidly obese|extremely obese|obesity type iii|obese class iii
low < normal < elevated|borderline|prehypertension|above normal < high|well above normal|hypertension
normal < above normal < well above normal
i < ii < iii < iv < v < vi < vii < viii < ix < x
stage 0 < stage 1|stage i < stage 2|stage ii < stage 3|stage iii < stage 4|stage iv
level 0 < level 1 < level 2 < level 3 < level 4 < level 5 < level 6
tier 1 < tier 2 < tier 3 < tier 4
p1 < p2 < p3 < p4 < p5
junk < low < medium < high < urgent|critical < immediate|emergency|blocker
low < normal|medium < high < urgent|critical < immediate|emergency
trivial < minor < normal|major < critical < blocker
info|debug|informational < low|warning|warn < medium|error < high < critical|fatal
month to month|monthly < one year|1 year|yearly|annual < two year|2 year|two years|2 years
no|none < partial|partly|partially < full|fully|complete|yes
empty < quarter < half < three quarters < full
sehr niedrig|sehr gering < niedrig|gering|tief|klein < mittel|mäßig|durchschnittlich < hoch|groß < sehr hoch|sehr
    groß
sehr schlecht|ungenügend < schlecht|mangelhaft < ausreichend|mäßig < befriedigend|mittel|durchschnittlich < gut <
    sehr gut|ausgezeichnet
nie|niemals < selten < gelegentlich|manchmal < häufig|oft < sehr oft < immer
kalt < kühl < mild < warm < heiß
klein < mittel < groß < sehr groß
leicht < mittel|mittelschwer|mäßig < schwer < sehr schwer
stimme gar nicht zu|stimme überhaupt nicht zu < stimme nicht zu|stimme eher nicht zu < neutral|teils teils|weder
    noch < stimme eher zu < stimme zu < stimme voll zu|stimme voll und ganz zu
très faible|très bas < faible|bas|petit < moyen|moyenne|modéré < élevé|élevée|haut|fort|grand < très élevé|très
    haut|très fort
mauvais|médiocre < moyen|passable < bon|bien < très bon|très bien < excellent
jamais < rarement < parfois|quelquefois < souvent < toujours
petit|petite < moyen|moyenne < grand|grande < très grand|très grande
muy bajo|muy baja < bajo|baja < medio|media|moderado|moderada < alto|alta < muy alto|muy alta
muy malo|muy mala < malo|mala < regular < bueno|buena < muy bueno|muy buena|excelente
nunca < raramente|rara vez|casi nunca < a veces|algunas veces < a menudo|frecuentemente|casi siempre < siempre
pequeño|pequeña < mediano|mediana|medio < grande < muy grande
ninguno|ninguna < muy leve < leve|ligero|ligera < moderado|moderada|medio|media < grave|severo|severa|intenso|intensa <
    muy grave|muy severo|crítico|crítica
no grave < leve|leves < grave|graves < mortal|mortales|fallecido
totalmente en desacuerdo|muy en desacuerdo < en desacuerdo < neutral|indiferente|ni de acuerdo ni en desacuerdo <
    de acuerdo < totalmente de acuerdo|muy de acuerdo
muy insatisfecho|muy insatisfecha < insatisfecho|insatisfecha < neutral|indiferente < satisfecho|satisfecha < muy
    satisfecho|muy satisfecha
sin estudios|ninguno < primaria|primarios < secundaria|secundarios < bachillerato < universitaria|universitarios
    |universidad < posgrado|máster|maestría < doctorado
léger|légère|bénin|bénigne < modéré|modérée|moyen|moyenne < grave|sévère < très grave|très sévère|critique
    < mortel|mortelle
pas du tout d'accord < pas d'accord|plutôt pas d'accord < neutre|ni d'accord ni pas d'accord < plutôt d'accord|d'accord
    < tout à fait d'accord
très insatisfait|pas du tout satisfait < insatisfait|peu satisfait < neutre < satisfait < très satisfait
keine|keiner|kein < leicht|gering < mittel|mittelschwer|mäßig < schwer|stark < sehr schwer|sehr stark|kritisch < tödlich
sehr unzufrieden < unzufrieden|eher unzufrieden < neutral|teils teils < zufrieden|eher zufrieden < sehr zufrieden
gering|geringfügig < mittel|mäßig < erheblich|hoch < sehr hoch|kritisch
molto basso|molto bassa < basso|bassa < medio|media < alto|alta < molto alto|molto alta
lieve|leggero|leggera < moderato|moderata|medio|media < grave|severo|severa < molto grave|gravissimo|critico
pessimo < scarso|insufficiente|cattivo < sufficiente|discreto < buono < ottimo|eccellente
mai < raramente < qualche volta|a volte < spesso < sempre
piccolo|piccola < medio|media < grande < molto grande
muito baixo|muito baixa < baixo|baixa < médio|média < alto|alta < muito alto|muito alta
leve|ligeiro < moderado|moderada|médio < grave|severo|severa < muito grave|crítico
péssimo|muito ruim|muito mau < ruim|mau < regular|razoável < bom|boa < muito bom|ótimo|excelente
nunca < raramente < às vezes|as vezes < frequentemente|muitas vezes < sempre
pequeno|pequena < médio|média < grande < muito grande
zeer laag < laag < gemiddeld|middel|matig < hoog < zeer hoog
licht < matig|gemiddeld < ernstig|zwaar < zeer ernstig|kritiek
zeer slecht < slecht < matig|voldoende|redelijk < goed < zeer goed|uitstekend
nooit < zelden < soms < vaak < altijd
klein < middelgroot|gemiddeld|middel < groot < zeer groot
"""
)

# Two words that alone are an order.
PAIRS = tuple(
    {fold(low), fold(high)}
    for low, high in (
        ("low", "high"),
        ("low", "medium"),
        ("medium", "high"),
        ("small", "large"),
        ("small", "big"),
        ("junior", "senior"),
        ("poor", "good"),
        ("bad", "good"),
        ("good", "excellent"),
        ("excellent", "outstanding"),
        ("mild", "severe"),
        ("minor", "major"),
        ("satisfied", "dissatisfied"),
        ("easy", "hard"),
        ("slow", "fast"),
        ("cold", "hot"),
        ("cold", "warm"),
        ("young", "old"),
        ("short", "long"),
        ("short", "tall"),
        ("weak", "strong"),
        ("never", "always"),
        ("niedrig", "hoch"),
        ("klein", "groß"),
        ("bajo", "alto"),
    )
)

# Scales of letters and signs, which are names elsewhere: from the worst to the best.
LETTERS = _scales(
    """
f|u < e- < e < e+ < d- < d < d+ < c- < c < c+ < b- < b < b+ < a- < a < a+ < a++ < a+++
g < f < e < d < c < b < a < a+ < a++ < a+++
d < c < cc < ccc- < ccc < ccc+ < b- < b < b+ < bb- < bb < bb+ < bbb- < bbb < bbb+ < a- < a < a+ < aa- < aa < aa+ <
    aaa
i3 < i2 < i1 < si2 < si1 < vs2 < vs1 < vvs2 < vvs1 < if < fl
j < i < h < g < f < e < d
* < ** < *** < **** < *****
"""
)
NAMED_VOCABULARIES: tuple[tuple[re.Pattern[str], tuple[Scale, ...]], ...] = (
    (re.compile(r"(?i)clarity|reinheit"), (LETTERS[3],)),
    (re.compile(r"(?i)(^|[\W_])colou?r([\W_]grade)?$"), (LETTERS[4],)),
    (
        re.compile(
            r"(?i)grade|rating|(energy|risk|credit|efficiency)[\W_]?class|efficiency|(^|[\W_])(marks?|score|stars?)$"
        ),
        (*LETTERS[:3], LETTERS[5]),
    ),
)
