"""Names of months and weekdays, and their short forms, in some languages."""
# ruff: noqa: RUF001  words of several languages

import functools
import unicodedata

# One language or grammatical case a line, January first. Of a short form that two lines share the earlier one counts.
MONTHS = (
    "January February March April May June July August September October November December",
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "Jänner Feber Mrz April Mai Juni Juli August September Oktober November Dezember",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "januari februari mrt april maj juni juli augusti setiembre oktober november desember",
    "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień",
    "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "leden únor březen duben květen červen červenec srpen září říjen listopad prosinec",
    "ledna února března dubna května června července srpna září října listopadu prosince",
    "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "січень лютий березень квітень травень червень липень серпень вересень жовтень листопад грудень",
    "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
    "tammikuu helmikuu maaliskuu huhtikuu toukokuu kesäkuu heinäkuu elokuu syyskuu lokakuu marraskuu joulukuu",
    "január február március április május június július augusztus szeptember október november december",
    "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
    "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember",
    "Ιανουάριος Φεβρουάριος Μάρτιος Απρίλιος Μάιος Ιούνιος Ιούλιος Αύγουστος Σεπτέμβριος Οκτώβριος Νοέμβριος "
    "Δεκέμβριος",
    "Ιανουαρίου Φεβρουαρίου Μαρτίου Απριλίου Μαΐου Ιουνίου Ιουλίου Αυγούστου Σεπτεμβρίου Οκτωβρίου Νοεμβρίου "
    "Δεκεμβρίου",
)
WEEKDAYS = (
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonnabend Sonntag",
    "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "lunes martes miércoles jueves viernes sábado domingo",
    "segunda terça quarta quinta sexta sábado domingo",
    "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    "måndag tisdag onsdag torsdag fredag lördag söndag mandag tirsdag lørdag søndag",
    "poniedziałek wtorek środa czwartek piątek sobota niedziela",
    "pondělí úterý středa čtvrtek pátek sobota neděle",
    "понедельник вторник среда четверг пятница суббота воскресенье пн вт ср чт пт сб вс",
    "Pazartesi Salı Çarşamba Perşembe Cuma Cumartesi Pazar",
    "maanantai tiistai keskiviikko torstai perjantai lauantai sunnuntai",
)
SHORTEST_MONTH, SHORTEST_WEEKDAY = 3, 2


def month_of(word: str) -> int | None:
    """The number of the month, 1 to 12, that a word names in full or by its first letters."""
    return _months().get(_folded(word))


def is_weekday(word: str) -> bool:
    """Whether a word names a weekday, in full or by its first letters."""
    return _folded(word) in _weekdays()


@functools.cache
def _months() -> dict[str, int]:
    months: dict[str, int] = {}
    for line in MONTHS:
        names = _folded(line).split()
        forms: dict[str, set[int]] = {}
        for number, name in enumerate(names, 1):
            for length in range(SHORTEST_MONTH, len(name) + 1):
                forms.setdefault(name[:length], set()).add(number)
        # cerven is June in full, though July begins with it; jui may be June or July
        forms |= {name: {number} for number, name in enumerate(names, 1)}
        for form, numbers in forms.items():
            if len(numbers) == 1:
                months.setdefault(form, *numbers)
    return months


@functools.cache
def _weekdays() -> frozenset[str]:
    names = _folded(" ".join(WEEKDAYS)).split()
    return frozenset(name[:length] for name in names for length in range(SHORTEST_WEEKDAY, len(name) + 1))


def _folded(text: str) -> str:
    """The text in lower case without accents."""
    letters = unicodedata.normalize("NFKD", text.casefold().replace("ı", "i"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
