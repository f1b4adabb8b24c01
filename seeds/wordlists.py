"""Words for generated names and texts: plausible, and about nobody."""

from collections.abc import Mapping

NAME_PARTS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "Latn": (
        "en",
        " ",
        (
            "Northern",
            "River",
            "Harbour",
            "Cedar",
            "Stone",
            "Valley",
            "Coast",
            "Falcon",
            "Dawn",
            "Red",
            "Upper",
            "Lower",
            "Eastern",
            "Western",
            "Amber",
            "Iron",
            "Olive",
            "Salt",
            "Winter",
            "Highland",
        ),
    ),
    "Arab": (
        "ar",
        " ",
        (
            "نور",
            "الفجر",
            "الشمال",
            "الوادي",
            "الأرز",
            "الصقر",
            "النهر",
            "الساحل",
            "الجنوب",
            "البحر",
            "الجبل",
            "السلام",
            "الحرية",
            "الغد",
            "الوطن",
            "الشرق",
        ),
    ),
    "Cyrl": (
        "ru",
        " ",
        (
            "Северный",
            "Рассвет",
            "Долина",
            "Берег",
            "Сокол",
            "Кедр",
            "Камень",
            "Река",
            "Восток",
            "Запад",
            "Красный",
            "Зимний",
            "Горный",
            "Новый",
        ),
    ),
    "Hebr": ("he", " ", ("צפון", "שחר", "עמק", "חוף", "נהר", "ארז", "אבן", "מזרח", "דרום", "הר")),
}
"""Script → language, what joins the parts of a name, and the parts."""

NAME_KINDS = ("Front", "Council", "Brigade", "Movement", "Ministry", "Agency", "Assembly", "Union", "Guard", "Press")

TOPIC_PARTS = (
    (
        "ceasefire",
        "elections",
        "sanctions",
        "border",
        "aid convoys",
        "prisoner exchange",
        "air campaign",
        "constitution",
    ),
    ("in the north", "in the capital", "along the coast", "of the spring", "of last year", "after the talks"),
)

SUBJECTS = (
    "The council",
    "A spokesman",
    "The ministry",
    "Residents",
    "Observers",
    "The delegation",
    "Commanders",
    "The movement",
    "Officials in the capital",
    "A statement by the front",
)
VERBS = ("said that", "denied that", "announced that", "confirmed that", "warned that", "insisted that", "doubted that")
CLAUSES = (
    "the talks would go on",
    "forces had left the valley",
    "the border crossing was open again",
    "aid had reached the northern towns",
    "the ceasefire was broken at dawn",
    "prisoners were to be exchanged",
    "the air strikes had hit a market",
    "elections could not be held",
    "its allies stood by the agreement",
    "reinforcements were on their way",
    "the city had changed hands",
    "no one would be left behind",
)
ENDINGS = (
    "on the same day",
    "despite the rain",
    "for the third time this month",
    "in the presence of witnesses",
    "as it had promised in spring",
    "without naming its sources",
    "after a night of shelling",
    "in a rare briefing",
)
RATIONALES = (
    "Says so in plain words.",
    "The wording takes a side.",
    "Reports without judging.",
    "Depends on the sentence before.",
    "Praise for one side only.",
    "Blames the target.",
)
