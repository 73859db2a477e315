"""All kinds, from the files that make them."""

from tests.generated_tables import categories, codes, dates, numbers, quantities, rare_forms, spans, texts
from tests.generated_tables.made import KINDS

FAMILIES = {
    module.__name__.rpartition(".")[2]: [name for name, make in KINDS.items() if make.__module__ == module.__name__]
    for module in (numbers, quantities, dates, spans, categories, codes, texts, rare_forms)
}
