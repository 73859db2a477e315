"""The words of which columns are made."""

# Words for false and true.
TRUTHS = (
    ("no", "yes"), ("No", "Yes"), ("N", "Y"), ("n", "y"), ("F", "T"), ("false", "true"), ("FALSE", "TRUE"),
    ("non", "oui"), ("nein", "ja"), ("Nein", "Ja"), ("no", "si"), ("no", "sí"), ("off", "on"), ("0", "1"),
    ("não", "sim"), ("nee", "ja"), ("nej", "ja"), ("нет", "да"), ("False", "True"), ("nie", "tak"),
    ("Non", "Oui"),
)  # fmt: skip
GROUPS = (
    ("red", "green", "blue", "black", "white"), ("Berlin", "Hamburg", "München", "Köln", "Bremen", "Leipzig"),
    ("gas", "oil", "heat pump", "district heating"), ("male", "female"), ("M", "F"), ("A", "B", "AB", "0"),
    ("north", "south", "east", "west"), ("São Paulo", "Belém", "Brasília", "Recife"),
    ("credit card", "cash", "bank transfer", "voucher"), ("+", "-"), ("DE", "FR", "IT", "NO", "NL", "US"),
    ("SUV", "sedan", "coupé", "wagon", "van"), ("日本", "中国", "한국"),
)  # fmt: skip
# Orders that any reader sees, from the lowest.
ORDERS = (
    ("low", "medium", "high"), ("Low", "Medium", "High"), ("LOW", "MEDIUM", "HIGH"),
    ("Po", "Fa", "TA", "Gd", "Ex"), ("very low", "low", "medium", "high", "very high"),
    ("poor", "fair", "good", "very good", "excellent"),
    ("strongly disagree", "disagree", "neutral", "agree", "strongly agree"),
    ("never", "rarely", "sometimes", "often", "always"), ("small", "medium", "large"),
    ("XS", "S", "M", "L", "XL"), ("bad", "average", "good"), ("mild", "moderate", "severe"),
    ("Very dissatisfied", "Dissatisfied", "Neutral", "Satisfied", "Very satisfied"),
    ("niedrig", "mittel", "hoch"), ("beginner", "intermediate", "advanced"), ("1st", "2nd", "3rd"),
    ("first", "second", "third"), ("schlecht", "mittel", "gut"), ("bajo", "medio", "alto"),
    ("faible", "moyen", "élevé"), ("minor", "major", "critical"), ("Low", "Med", "High"),
)  # fmt: skip
# Orders that some readers leave as names: letters are also names, and ages a list.
LIKELY_ORDERS = (
    ("E", "D", "C", "B", "A"), ("D", "C", "C+", "B", "B+", "A"), ("18-24", "25-34", "35-44", "45-54", "55+"),
    ("bronze", "silver", "gold", "platinum"), ("Primary", "Secondary", "Bachelor", "Master", "PhD"),
    ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), ("January", "February", "March", "April", "May", "June"),
    ("< 1 year", "1-3 years", "3-5 years", "> 5 years"), ("Basic", "Standard", "Premium"),
    ("cold", "warm", "hot"), ("junior", "mid", "senior"), ("AAA", "AA", "A", "BBB", "BB"),
    ("freshman", "sophomore", "junior", "senior"),
)  # fmt: skip
# Words that mean "no value" to anyone, and others that do so among numbers.
KNOWN_MISSING = (
    "NA", "n/a", "N/A", "NaN", "null", "None", "?", "-", "--", ".", "#N/A", "\\N", "unknown", "Unknown",
    "Not Available", "missing", "keine Angabe", "k.A.", "nan", "NULL", "(null)", "not specified", "no data",
    "..", "#VALUE!", "#DIV/0!",
)  # fmt: skip
OTHER_MISSING = (
    "tbd", "pending", "nicht erfasst", "s.o.", "see notes", "error", "out of range", "xx", "withheld", "***",
    "sold out",
)  # fmt: skip
SYLLABLES = (
    "ba", "ke", "lo", "mi", "nu", "ra", "se", "ti", "vo", "za", "dor", "fen", "gar", "hil",
)  # fmt: skip
# Parts of a sentence.
SENTENCES = (

    ("the battery", "my dog", "the waiter", "this phone", "our room", "the driver", "service", "delivery", "part two"),
    ("was", "seemed", "became", "felt", "is really", "could have been", "turned out", "looked", "stayed"),
    ("great", "too slow", "a bit loud", "rather cold", "perfect", "not worth it", "broken", "fine", "friendly"),
    ("and we left early", "but I would buy it again", "so no complaints", "as always", "in the end", "they said"),
)  # fmt: skip
FIRST_NAMES = (
    "Anna", "Ben", "Chloé", "David", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jörg", "Karim", "Lena", "Marek",
    "Nora", "Omar", "Paula", "Quentin", "Rosa", "Samir", "Tina",
)  # fmt: skip
LAST_NAMES = (
    "Meyer", "Smith", "Dupont", "Rossi", "Kaya", "Novak", "Silva", "Jansen", "Olsen", "Petrov", "García",
    "Müller", "Khan", "Brown", "Weber", "Fischer", "Costa",
)  # fmt: skip
