"""The painter: what it paints follows the prompt, the seed and the size, and its clips loop and play."""

import hashlib
import os
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from core.providers.painting import Brief, paint_clip, paint_still, read_prompt

ROOT = Path(__file__).resolve().parents[1]
SECONDS, FPS = 2, 12


def quiet(fraction: float, line: str) -> None:
    """A report nobody reads."""


def still(folder: Path, prompt: str, seed: int = 1, size: tuple[int, int] = (192, 128), **more: object) -> NDArray:
    target = folder / f"{hashlib.sha256(f'{prompt}{seed}{size}{more}'.encode()).hexdigest()[:12]}.png"
    paint_still(Brief(prompt, seed, *size, **more), target, quiet)
    with Image.open(target) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB"), np.float32)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("clip") / "sea.mp4"
    paint_clip(Brief("a lighthouse at dusk, fog over a calm sea", 3, 192, 128), SECONDS, FPS, target, quiet)
    return target


@cache
def frames(path: Path) -> NDArray:
    with av.open(str(path)) as box:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in box.decode(video=0)]).astype(np.float32)


def difference(first: NDArray, second: NDArray) -> float:
    return float(np.abs(first - second).mean())


def hue_share(pixels: NDArray, channel: int) -> float:
    """The share of pixels in which one channel is the strongest."""
    return float((pixels.argmax(axis=-1) == channel).mean())


@pytest.mark.parametrize("kind", ["still", "clip"])
def test_same_brief_gives_same_bytes_in_any_process(tmp_path: Path, kind: str) -> None:
    call = "paint_still(b, t, r)" if kind == "still" else "paint_clip(b, 2, 12, t, r)"
    script = (
        "import sys; from pathlib import Path; from core.providers.painting import *\n"
        "b = Brief('a castle on misty hills with birds and snow', 7, 192, 128); t = Path(sys.argv[1])\n"
        f"r = lambda f, l: None\n{call}"
    )
    made = []
    for salt in ("1", "77"):
        target = tmp_path / f"{salt}.out"
        env = {**os.environ, "PYTHONHASHSEED": salt, "PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, "-c", script, str(target)], check=True, env=env, cwd=ROOT)
        made.append(target.read_bytes())
    assert made[0] == made[1]


def test_seeds_and_prompts_make_different_pictures(tmp_path: Path) -> None:
    one = still(tmp_path, "a lake in the mountains", 1)
    assert difference(one, still(tmp_path, "a lake in the mountains", 2)) > 8
    assert difference(still(tmp_path, "hello world"), still(tmp_path, "a cat riding a bicycle")) > 8


@pytest.mark.parametrize("size", [(128, 128), (180, 320), (320, 180), (128, 2048), (2048, 128), (131, 257)])
def test_sizes_are_honoured(tmp_path: Path, size: tuple[int, int]) -> None:
    for prompt in ("neon city in the rain", "aurora over pines and a cabin"):
        assert still(tmp_path, prompt, 4, size).shape == (size[1], size[0], 3)


PLACES = """
sea lake river fjord mountains hills forest desert savanna city meadow lavender island canyon volcano arctic
planet beach village
"""


@pytest.mark.parametrize("place", PLACES.split())
def test_every_place_is_painted_with_detail(tmp_path: Path, place: str) -> None:
    for time in ("noon", "night"):
        picture = still(tmp_path, f"{place} at {time}", 5, (160, 128))
        assert picture.std() > 8


@pytest.mark.parametrize(
    "words",
    [
        "storm lightning rain boat whale",
        "snow wind lanterns castle windmill",
        "balloon birds rainbow palms",
        "two moons crescent comet stars",
        "embers fireflies petals leaves cactus reeds",
        "pastel dreamy minimal",
        "noir melancholy overcast",
        "",
        "日本 ?!",
    ],
)
def test_everything_named_can_be_painted(tmp_path: Path, words: str) -> None:
    for seed in (1, 2):
        assert still(tmp_path, words, seed).std() > 5


def test_night_is_darker_than_noon(tmp_path: Path) -> None:
    for place in ("a lake", "hills", "the sea"):
        noon, night = (still(tmp_path, f"{place} at {time}").mean() for time in ("noon", "night"))
        assert night < noon * 0.7


@pytest.mark.parametrize(("colour", "channel"), [("crimson", 0), ("emerald", 1), ("blue", 2)])
def test_named_colours_dominate(tmp_path: Path, colour: str, channel: int) -> None:
    for seed in (1, 2, 3):
        assert hue_share(still(tmp_path, f"a {colour} evening in the mountains", seed), channel) > 0.6


def test_palette_picture_shifts_the_colours(tmp_path: Path) -> None:
    sample = tmp_path / "green.png"
    bands = np.repeat(np.array([[10, 60, 30], [40, 140, 70], [170, 230, 180]], np.uint8), 20, axis=0)
    Image.fromarray(np.repeat(bands[:, None, :], 30, axis=1)).save(sample)
    plain = still(tmp_path, "the sea at sunset")
    graded = still(tmp_path, "the sea at sunset", palette=sample)
    assert hue_share(graded, 1) > hue_share(plain, 1) + 0.3


def test_unreadable_palette_is_a_value_error(tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture at all")
    for path in (broken, tmp_path / "missing.png"):
        with pytest.raises(ValueError, match="cannot be read"):
            paint_still(Brief("sea", 1, 128, 128, palette=path), tmp_path / "out.png", quiet)


def test_particles_can_be_left_out(tmp_path: Path) -> None:
    prompt = "snow over a forest"
    assert difference(still(tmp_path, prompt), still(tmp_path, prompt, particles=False)) > 0.5


@pytest.mark.parametrize("kind", ["still", "clip"])
def test_report_rises_from_zero_to_one(tmp_path: Path, kind: str) -> None:
    heard: list[tuple[float, str]] = []

    def listen(fraction: float, line: str) -> None:
        heard.append((fraction, line))

    brief = Brief("a boat on a lake", 2, 192, 128)
    if kind == "still":
        paint_still(brief, tmp_path / "a.png", listen)
    else:
        paint_clip(brief, SECONDS, FPS, tmp_path / "a.mp4", listen)
        assert len(heard) > SECONDS * FPS
    parts = [part for part, _ in heard]
    assert parts == sorted(parts)
    assert parts[0] < 0.05
    assert parts[-1] == 1.0
    assert "lake" in heard[0][1]


@pytest.mark.parametrize("kind", ["still", "clip"])
@pytest.mark.parametrize("limit", [0.0, 0.1, 0.5])
def test_an_exception_of_report_stops_the_painter(tmp_path: Path, kind: str, limit: float) -> None:
    class Cancelled(Exception):
        pass

    heard: list[float] = []

    def cancel(fraction: float, line: str) -> None:
        heard.append(fraction)
        if fraction >= limit:
            raise Cancelled

    brief = Brief("sea", 1, 192, 128)
    target = tmp_path / "a.png"
    with pytest.raises(Cancelled):
        paint_still(brief, target, cancel) if kind == "still" else paint_clip(brief, SECONDS, FPS, target, cancel)
    assert sum(fraction >= limit for fraction in heard) == 1
    assert not (kind == "still" and target.exists())


def test_clip_is_h264_of_the_asked_length(clip: Path) -> None:
    with av.open(str(clip)) as box:
        stream = box.streams.video[0]
        assert not box.streams.audio
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert (stream.width, stream.height) == (192, 128)
        assert stream.average_rate == FPS
        assert float(stream.duration * stream.time_base) == pytest.approx(SECONDS)
    assert len(frames(clip)) == SECONDS * FPS
    data = clip.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_clip_seeks(clip: Path) -> None:
    with av.open(str(clip)) as box:
        stream = box.streams.video[0]
        box.seek(int(1.0 / stream.time_base), stream=stream)
        frame = next(box.decode(stream))
        assert 0.0 <= frame.time <= 1.0
        picture = frame.to_ndarray(format="rgb24").astype(np.float32)
    assert difference(picture, frames(clip)[round(frame.time * FPS)]) < 1
    with av.open(str(clip)) as box:
        keys = [packet.pts * packet.time_base for packet in box.demux(video=0) if packet.is_keyframe]
    assert max(np.diff([float(key) for key in keys])) <= 1.01


@pytest.mark.parametrize("prompt", ["", "snow and aurora over a forest at night", "windy sea, birds, boat, clouds"])
def test_clip_moves_and_closes_its_loop(clip: Path, tmp_path: Path, prompt: str) -> None:
    path = clip
    if prompt:
        path = tmp_path / "loop.mp4"
        paint_clip(Brief(prompt, 2, 192, 128), SECONDS, FPS, path, quiet)
    seen = frames(path)
    steps = [difference(first, second) for first, second in pairwise(seen)]
    assert np.median(steps) > 0.2
    assert difference(seen[-1], seen[0]) <= 1.5 * np.median(steps) + 0.1
    assert difference(seen[0], seen[len(seen) // 2]) > 0.5


def test_prompts_are_understood() -> None:
    scene = read_prompt("A Lighthouse at dusk, light fog over a calm sea; coral and indigo", 1)
    assert (scene.time, scene.place) == ("dusk", "sea")
    assert scene.has("lighthouse")
    assert scene.has("fog")
    assert scene.colours == ("coral", "indigo")
    said = scene.describe()
    assert all(word in said for word in ("dusk", "sea", "lighthouse", "fog", "coral"))
    assert read_prompt("Berries of the valleys and sandy beaches", 1).place in ("hills", "beach")
    assert read_prompt("snow-capped peaks, northern lights", 1).time == "night"


def test_unknown_words_still_choose_a_scene() -> None:
    scenes = {(scene.place, scene.time) for scene in (read_prompt(f"qwx{i}", 1) for i in range(30))}
    assert len(scenes) > 10
    assert read_prompt("qwx", 5) == read_prompt("qwx", 5)
