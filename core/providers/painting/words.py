"""What the words of a prompt mean: tables from words and phrases to the painter's own terms."""

import re

TIMES: dict[str, str] = {
    "dawn": "dawn", "daybreak": "dawn", "sunrise": "dawn", "first light": "dawn", "early morning": "dawn",
    "morning": "morning", "breakfast": "morning", "forenoon": "morning",
    "noon": "noon", "midday": "noon", "day": "noon", "daytime": "noon", "daylight": "noon", "sunny": "noon",
    "afternoon": "noon", "summer": "noon", "blue sky": "noon",
    "golden hour": "golden hour", "late afternoon": "golden hour", "golden light": "golden hour",
    "sunset": "sunset", "sundown": "sunset", "setting sun": "sunset",
    "dusk": "dusk", "twilight": "dusk", "evening": "dusk", "blue hour": "dusk", "nightfall": "dusk",
    "gloaming": "dusk",
    "night": "night", "nighttime": "night", "nocturne": "night", "moonlit": "night", "moonlight": "night",
    "starlit": "night", "nocturnal": "night",
    "midnight": "midnight", "dead of night": "midnight", "pitch dark": "midnight",
}  # fmt: skip

WEATHER: dict[str, str] = {
    "clear": "clear", "cloudless": "clear", "clear sky": "clear",
    "cloud": "clouds", "cloudy": "clouds", "cumulus": "clouds", "cloudscape": "clouds",
    "overcast": "overcast", "grey sky": "overcast", "gray sky": "overcast", "gloomy": "overcast",
    "rain": "rain", "rainy": "rain", "drizzle": "rain", "downpour": "rain", "raining": "rain",
    "shower": "rain", "wet": "rain", "monsoon": "rain",
    "storm": "storm", "stormy": "storm", "tempest": "storm", "thunderstorm": "lightning",
    "lightning": "lightning", "thunder": "lightning", "thunderbolt": "lightning", "hurricane": "storm",
    "snow": "snow", "snowy": "snow", "snowfall": "snow", "snowing": "snow", "blizzard": "snow",
    "winter": "snow", "christmas": "snow", "snowflake": "snow",
    "fog": "fog", "foggy": "fog", "mist": "fog", "misty": "fog", "haze": "fog", "hazy": "fog",
    "wind": "wind", "windy": "wind", "breeze": "wind", "breezy": "wind", "gale": "wind",
    "aurora": "aurora", "northern light": "aurora", "aurora borealis": "aurora", "polar light": "aurora",
    "star": "stars", "starry": "stars", "milky way": "stars", "constellation": "stars", "galaxy": "stars",
    "nebula": "stars", "rainbow": "rainbow", "shooting star": "comet", "comet": "comet", "meteor": "comet",
}  # fmt: skip

PLACES: dict[str, str] = {
    "sea": "sea", "ocean": "sea", "coast": "sea", "bay": "sea", "harbour": "sea", "harbor": "sea",
    "wave": "sea", "atlantic": "sea", "pacific": "sea", "seaside": "sea", "cliff": "sea", "shore": "sea",
    "lake": "lake", "pond": "lake", "tarn": "lake", "lagoon": "lake", "loch": "lake",
    "river": "river", "stream": "river", "creek": "river", "brook": "river",
    "fjord": "fjord", "norway": "fjord",
    "mountain": "mountains", "peak": "mountains", "alps": "mountains", "alpine": "mountains",
    "summit": "mountains", "himalaya": "mountains", "ridge": "mountains", "glacier": "mountains",
    "hill": "hills", "valley": "hills", "countryside": "hills", "vineyard": "hills", "tuscany": "hills",
    "highland": "hills", "landscape": "hills",
    "forest": "forest", "wood": "forest", "woodland": "forest", "taiga": "forest", "jungle": "forest",
    "grove": "forest", "swamp": "forest",
    "desert": "desert", "dune": "desert", "sahara": "desert", "sand": "desert", "oasis": "desert",
    "savanna": "savanna", "savannah": "savanna", "africa": "savanna", "serengeti": "savanna",
    "city": "city", "skyline": "city", "town": "city", "downtown": "city", "metropolis": "city",
    "skyscraper": "city", "street": "city", "tokyo": "city", "new york": "city", "urban": "city",
    "manhattan": "city", "cityscape": "city",
    "meadow": "meadow", "field": "meadow", "grassland": "meadow", "prairie": "meadow", "wildflower": "meadow",
    "pasture": "meadow", "garden": "meadow", "flower": "meadow", "farm": "meadow", "steppe": "meadow",
    "lavender field": "lavender", "lavender hill": "lavender", "lavender": "lavender", "provence": "lavender",
    "island": "island", "archipelago": "island", "isle": "island", "atoll": "island",
    "canyon": "canyon", "gorge": "canyon", "mesa": "canyon", "badland": "canyon", "butte": "canyon",
    "arizona": "canyon", "utah": "canyon",
    "volcano": "volcano", "lava": "volcano", "eruption": "volcano", "crater": "volcano", "magma": "volcano",
    "arctic": "arctic", "ice": "arctic", "iceberg": "arctic", "antarctica": "arctic", "polar": "arctic",
    "tundra": "arctic", "frozen": "arctic",
    "space": "space", "planet": "space", "mars": "space", "alien": "space", "moonscape": "space",
    "cosmos": "space", "universe": "space", "saturn": "space", "sci fi": "space", "galactic": "space",
    "beach": "beach", "tropical": "beach", "hawaii": "beach", "caribbean": "beach", "coastline": "beach",
    "village": "village", "hamlet": "village", "township": "village",
}  # fmt: skip

THINGS: dict[str, str] = {
    "lighthouse": "lighthouse", "beacon": "lighthouse",
    "moon": "moon", "full moon": "moon", "crescent": "crescent", "crescent moon": "crescent",
    "two moon": "two moons", "twin moon": "two moons", "sun": "sun", "big sun": "sun",
    "boat": "boat", "sailboat": "boat", "ship": "boat", "sail": "boat", "yacht": "boat",
    "fishing boat": "boat",
    "bird": "birds", "seagull": "birds", "gull": "birds", "geese": "birds", "goose": "birds", "crow": "birds",
    "swallow": "birds", "raven": "birds", "flock": "birds", "crane": "birds", "eagle": "birds",
    "tree": "trees", "oak": "trees", "birch": "trees", "maple": "trees", "poplar": "trees",
    "pine": "pines", "fir": "pines", "spruce": "pines", "conifer": "pines", "evergreen": "pines",
    "palm": "palms", "palm tree": "palms", "coconut": "palms",
    "house": "cabin", "cabin": "cabin", "cottage": "cabin", "hut": "cabin", "home": "cabin", "barn": "cabin",
    "lantern": "lanterns", "sky lantern": "lanterns", "paper lantern": "lanterns",
    "firefly": "fireflies", "fireflies": "fireflies", "glow worm": "fireflies",
    "balloon": "balloon", "hot air balloon": "balloon",
    "whale": "whale", "castle": "castle", "fortress": "castle", "palace": "castle", "tower": "castle",
    "windmill": "windmill", "mill": "windmill", "cactus": "cactus", "cacti": "cactus",
    "petal": "petals", "cherry blossom": "petals", "sakura": "petals", "blossom": "petals",
    "autumn": "leaves", "fall leaves": "leaves", "leaf": "leaves", "leaves": "leaves", "october": "leaves",
    "ember": "embers", "spark": "embers", "fire": "embers", "reed": "reeds", "grass": "grass",
    "rock": "rocks",
}  # fmt: skip

COLOURS: dict[str, str] = {
    "red": "d33a35", "crimson": "b3173c", "scarlet": "e2342a", "ruby": "a8133f", "coral": "ff7a64",
    "orange": "f4862c", "peach": "ffb48f", "apricot": "fbb26a", "amber": "f2a51f", "gold": "dfae3c",
    "golden": "e5b545", "yellow": "f5d33d", "lemon": "f3e36b", "lime": "a5cf3c", "olive": "83863a",
    "green": "4aa254", "emerald": "169a68", "mint": "96dbb7", "jade": "3ba582", "sage": "a0b090",
    "teal": "1c8f91", "turquoise": "34c0bb", "cyan": "31c6de", "azure": "3d9be9", "blue": "3a74d0",
    "navy": "21396f", "indigo": "4a3ca6", "violet": "7f48c9", "purple": "8640ad", "lilac": "bd9fdc",
    "mauve": "b18ab8", "magenta": "cf2f9b", "pink": "f48fb5", "rose": "e3738f", "burgundy": "7c1f3c",
    "brown": "8a5a38", "copper": "bd6f41", "rust": "a9502b", "ochre": "c98a2e", "beige": "d9c6a3",
    "cream": "f3e6c8", "white": "f4f4f0", "silver": "b9c0c8", "grey": "8b8f96", "gray": "8b8f96",
    "black": "17181c", "sepia": "a37c50",
}  # fmt: skip

MOODS: dict[str, str] = {
    "calm": "calm", "peaceful": "calm", "serene": "calm", "quiet": "calm", "tranquil": "calm",
    "still": "calm",
    "dreamy": "dreamy", "dream": "dreamy", "soft": "dreamy", "ethereal": "dreamy", "romantic": "dreamy",
    "melancholy": "melancholy", "sad": "melancholy", "lonely": "melancholy", "bleak": "melancholy",
    "melancholic": "melancholy", "warm": "warm", "cosy": "warm", "cozy": "warm", "hot": "warm",
    "cold": "cold", "icy": "cold", "chilly": "cold", "freezing": "cold", "cool": "cold",
    "mystical": "mystical", "magical": "mystical", "magic": "mystical", "enchanted": "mystical",
    "fantasy": "mystical", "mysterious": "mystical", "fairy": "mystical",
    "neon": "neon", "cyberpunk": "neon", "synthwave": "neon", "vaporwave": "neon", "retrowave": "neon",
    "pastel": "pastel", "pale": "pastel", "delicate": "pastel",
    "noir": "noir", "black and white": "noir", "monochrome": "noir", "greyscale": "noir", "film noir": "noir",
    "vivid": "vivid", "vibrant": "vivid", "colourful": "vivid", "colorful": "vivid", "bright": "vivid",
    "minimal": "minimal", "minimalist": "minimal", "simple": "minimal", "minimalism": "minimal",
    "dramatic": "dramatic", "epic": "dramatic", "dark": "dramatic", "moody": "dramatic",
}  # fmt: skip

TABLES: dict[str, dict[str, str]] = {
    "time": TIMES, "weather": WEATHER, "place": PLACES, "thing": THINGS, "colour": COLOURS, "mood": MOODS,
}  # fmt: skip

_LONGEST = 4


def singular(word: str) -> str:
    """The word without a simple English plural ending."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word


def _meanings(words: list[str]) -> list[tuple[str, str]]:
    for form in (" ".join(words), " ".join([*words[:-1], singular(words[-1])])):
        found = [(kind, form) for kind, table in TABLES.items() if form in table]
        if found:
            return found
    return []


def read(prompt: str) -> tuple[list[tuple[str, str]], list[str]]:
    """What the prompt says, as (table name, entry of it) in order, and the words no table knows."""
    words = re.findall(r"[^\W_]+", prompt.lower())
    known: list[tuple[str, str]] = []
    unknown: list[str] = []
    at = 0
    while at < len(words):
        for length in range(min(_LONGEST, len(words) - at), 0, -1):
            found = _meanings(words[at : at + length])
            if found:
                known += found
                at += length
                break
        else:
            unknown.append(words[at])
            at += 1
    return known, unknown
