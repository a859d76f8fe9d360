"""The models that people meet first: painters, movers, a composer and a writer."""

from tests.standin.models import Model
from tests.standin.schema import URIS, Node, choice, number, picture, pictures, switch, text, whole

RATIOS = ("1:1", "16:9", "3:2", "2:3", "4:5", "5:4", "9:16", "21:9")
PROMPT = text("What you want to see.")
SEED = whole("Random seed. Leave it out for a new result each time.", nullable=True)
FORMAT = choice("Format of the output images.", ("webp", "jpg", "png"), "webp")
RATIO = choice("Aspect ratio of the result.", RATIOS, "1:1")
STREAM: Node = {"type": "array", "items": {"type": "string"}, "x-cog-array-type": "iterator"}

SWIFT = Model(
    "atelier",
    "swift-still",
    "Paints landscapes in a few quick strokes. Up to four at a time, in any of eight shapes.",
    {
        "prompt": PROMPT,
        "aspect_ratio": RATIO,
        "num_outputs": whole("Number of pictures to paint.", 1, 4, default=1),
        "num_inference_steps": whole("Number of strokes; more take longer.", 1, 4, default=4),
        "seed": SEED,
        "output_format": FORMAT,
        "output_quality": whole("Quality of webp and jpg files.", 0, 100, default=80),
        "disable_safety_checker": switch("Paint whatever is asked.", False),
    },
    output=URIS,
    shape="list",
    tags=("text-to-image", "fast"),
    runs=48_211_930,
    runs_for=1.6,
    steps=4,
    versions=3,
    readme="# Swift still\n\nA quick painter of landscapes. Name a time of day, a weather and a place.\n",
    example={"prompt": "A lighthouse above a stormy sea at dusk", "aspect_ratio": "3:2", "seed": 7},
)
GRAND = Model(
    "atelier",
    "grand-still",
    "The official landscape painter: slower, larger, with more in every corner.",
    {
        "prompt": PROMPT,
        "aspect_ratio": RATIO,
        "resolution": choice("Resolution of the picture.", ("1 MP", "2 MP"), "1 MP"),
        "seed": SEED,
        "output_format": choice("Format of the output image.", ("jpg", "png"), "jpg"),
        "safety_tolerance": whole("How much is let through, from 1 to 6.", 1, 6, default=2),
    },
    tags=("text-to-image", "official"),
    official=True,
    runs=9_410_220,
    runs_for=4.0,
    readme="# Grand still\n\nAlways on, with a stable interface.\n",
    example={"prompt": "A river through autumn hills, morning mist", "aspect_ratio": "16:9", "seed": 21},
)
CLASSIC = Model(
    "oldmasters",
    "classic-diffusion",
    "The workhorse of years past: width and height to the pixel, and twenty knobs nobody turns.",
    {
        "prompt": text("Input prompt", default="An old mill by a pond"),
        "negative_prompt": text("Things you do not want to see.", default=""),
        "width": whole("Width of the output image", 64, 1024, default=512),
        "height": whole("Height of the output image", 64, 1024, default=512),
        "num_outputs": whole("Number of images to output.", 1, 4, default=1),
        "num_inference_steps": whole("Number of denoising steps", 1, 500, default=50),
        "guidance_scale": number("Scale for classifier-free guidance", 1, 50, default=7.5),
        "scheduler": choice("scheduler", ("DDIM", "K_EULER", "PNDM"), "K_EULER"),
        "seed": whole("Random seed. Leave blank to randomize the seed"),
    },
    required=(),
    output=URIS,
    shape="list",
    tags=("text-to-image",),
    runs=66_336_540,
    steps=50,
    versions=4,
    readme="# Classic diffusion\n\nKept for those who know its seeds by heart.\n",
    example={"prompt": "An old mill by a pond, oil on canvas", "width": 512, "height": 384, "seed": 42069},
)
RESTYLE = Model(
    "atelier",
    "restyle",
    "Takes your picture and paints it anew in the colours of the words. Give it a photograph.",
    {
        "prompt": text("What to make of the picture."),
        "image": picture("The picture to paint anew."),
        "strength": number("How far to go from the original.", 0, 1, default=0.6),
        "seed": SEED,
        "output_format": FORMAT,
    },
    required=("prompt", "image"),
    tags=("image-to-image", "image-editing"),
    runs=731_002,
    readme="# Restyle\n\nUpload a picture, or give the address of one.\n",
)
BLEND = Model(
    "lumen",
    "blend",
    "Lays up to four of your pictures over each other, guided by a sentence.",
    {
        "prompt": text("How the pictures belong together."),
        "images": pictures("The pictures to blend, one to four.", maxItems=4, nullable=True),
        "mask": picture("Where the first picture shows through.", nullable=True),
        "aspect_ratio": RATIO,
        "seed": SEED,
    },
    tags=("image-editing", "image-to-image", "official"),
    official=True,
    runs=2_001_377,
    readme="# Blend\n\nFour pictures, one sentence.\n",
)
MOVING = Model(
    "lumen",
    "moving-picture",
    "Short films of landscapes from a sentence, with the sound of the place if you like.",
    {
        "prompt": text("What happens in the film."),
        "aspect_ratio": choice("Shape of the film.", ("16:9", "9:16", "1:1"), "16:9"),
        "duration": choice("Length in seconds.", (2, 4, 6), 2),
        "image": picture("First frame.", nullable=True),
        "last_frame": picture("Last frame.", nullable=True),
        "negative_prompt": text("What to keep out.", nullable=True),
        "resolution": choice("Resolution of the film.", ("480p", "720p", "1080p"), "720p"),
        "generate_audio": switch("Generate sound with the film.", True),
        "seed": SEED,
    },
    makes="clip",
    tags=("text-to-video", "image-to-video", "official"),
    official=True,
    runs=512_904,
    starts_in=1.0,
    runs_for=7.0,
    readme="# Moving picture\n\nFilms of two, four or six seconds.\n",
    example={"prompt": "Snow falling on a quiet harbour", "duration": 2, "seed": 3},
)
ANIMATE = Model(
    "northlight",
    "animate",
    "Sets a still picture in motion: a slow pan over what you upload. Silent.",
    {
        "image": picture("The picture to set in motion."),
        "prompt": text("How it moves.", default=""),
        "duration": choice("Length in seconds.", (2, 3), 2),
        "fps": choice("Frames per second.", (12, 24), 12),
        "loop": switch("End where it began.", True),
    },
    required=("image",),
    makes="clip",
    tags=("image-to-video",),
    runs=88_125,
    runs_for=5.0,
    versions=2,
    readme="# Animate\n\nA slow pan over a picture.\n",
)
TUNE = Model(
    "resonance",
    "tune",
    "A few bars of music from a mood. As wav or mp3.",
    {
        "prompt": text("The mood of the piece."),
        "duration": whole("Length in seconds.", 1, 12, default=3),
        "output_format": choice("Format of the sound.", ("wav", "mp3"), "wav"),
        "seed": SEED,
    },
    makes="sound",
    tags=("text-to-audio", "music"),
    runs=301_450,
    readme="# Tune\n\nCalm, glad, grave or restless.\n",
)
LETTERS = Model(
    "quill",
    "letters",
    "Writes a short letter about anything, word by word.",
    {
        "prompt": text("What the letter is about."),
        "system_prompt": text("Who writes.", default="You are a calm correspondent."),
        "max_tokens": whole("The most words to write.", 1, 4096, default=64),
        "temperature": number("How freely to write.", 0, 2, default=1),
    },
    output=STREAM,
    shape="texts",
    tags=("language-models",),
    official=True,
    runs=17_904_001,
    readme="# Letters\n\nText only; no picture comes of it.\n",
    example={"prompt": "the first snow", "max_tokens": 24},
)
SHOWN = (SWIFT, GRAND, MOVING, RESTYLE, ANIMATE, BLEND, CLASSIC, TUNE, LETTERS)
