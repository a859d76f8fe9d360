"""A recipe in a copy: it reads back, what is seen and heard is the same, and independent readers find it too."""

import json
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from core import containers
from core.containers.pictures import outline
from core.embedding import can_embed, embedded, read_recipe, read_texts
from core.embedding.xmp import OURS
from core.errors import MediaRefused
from tests.factories import clip, picture, sound

RECIPE = {
    "prompt": 'a "lighthouse" at dusk,\nwith <gulls> & 雪 🐦',
    "model": "sketch/still",
    "seed": 7,
    "width": 64,
    "height": 48,
    "request": {"negative_prompt": "people", "num_inference_steps": 20, "prompt": "x"},
}
PICTURES = {  # name: (media type, bytes)
    "png": ("image/png", picture()),
    "png palette": ("image/png", picture(format_name="GIF")),
    "apng": ("image/png", picture(frames=3)),
    "jpeg": ("image/jpeg", picture(format_name="JPEG")),
    "jpeg progressive": ("image/jpeg", picture(format_name="JPEG", progressive=True)),
    "jpeg with exif": ("image/jpeg", picture(format_name="JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0")),
    "webp": ("image/webp", picture(format_name="WEBP")),
    "webp odd": ("image/webp", picture(63, 47, format_name="WEBP")),
    "webp lossless": ("image/webp", picture(format_name="WEBP", lossless=True)),
    "webp moving": ("image/webp", picture(format_name="WEBP", frames=3)),
    "gif": ("image/gif", picture(format_name="GIF")),
    "gif moving": ("image/gif", picture(format_name="GIF", frames=3, loop=0)),
    "avif": ("image/avif", picture(format_name="AVIF")),
}
SOUNDS = {"wav": "audio/wav", "mp3": "audio/mpeg", "m4a": "audio/mp4"}
CLIPS = {"mp4": "video/mp4", "mov": "video/quicktime"}


def as_png(data: bytes) -> bytes:
    buffer = BytesIO()
    with Image.open(BytesIO(data)) as opened:
        opened.save(buffer, "PNG")
    return buffer.getvalue()


PICTURES["png palette"] = ("image/png", as_png(PICTURES["png palette"][1]))


def copied(data: bytes, mime: str, recipe: dict[str, Any] = RECIPE) -> bytes:
    file = BytesIO(data)
    made = embedded(file, mime, recipe)
    copy = b"".join(made.pieces(file))
    assert len(copy) == made.size
    return copy


def frames(data: bytes) -> Iterator[tuple[Any, bytes]]:
    """(how it is shown, pixels) of every frame."""
    with Image.open(BytesIO(data)) as opened:
        for number in range(getattr(opened, "n_frames", 1)):
            opened.seek(number)
            opened.load()
            shown = {name: opened.info.get(name) for name in ("duration", "loop", "icc_profile", "transparency")}
            yield (opened.size, opened.mode, shown), opened.tobytes()


def media(path: Path, mime: str, **options: str) -> tuple[list[Any], dict[str, str]]:
    """(each frame or sound with its time, what stands beside them) as PyAV reads it."""
    with av.open(str(path), options=options) as container:
        metadata = dict(container.metadata)
        return [(one.pts, one.to_ndarray().tobytes()) for one in container.decode(0)], metadata


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_looks_the_same_and_the_recipe_reads_back(name: str, tmp_path: Path) -> None:
    mime, data = PICTURES[name]
    copy = copied(data, mime)
    assert list(frames(copy)) == list(frames(data))
    assert read_recipe(copy, mime) == RECIPE
    assert read_recipe(data, mime) is None
    path = tmp_path / "copy"
    path.write_bytes(copy)
    assert outline(path, mime, 100) == outline(_written(tmp_path, data), mime, 100)


@pytest.mark.parametrize("name", PICTURES)
def test_a_copy_of_a_copy_holds_the_newer_recipe(name: str) -> None:
    mime, data = PICTURES[name]
    twice = copied(copied(data, mime), mime, {"prompt": "newer", "request": {}})
    assert read_recipe(twice, mime) == {"prompt": "newer", "request": {}}
    assert list(frames(twice)) == list(frames(data))


def test_pillow_reads_the_texts_of_a_png() -> None:
    with Image.open(BytesIO(copied(picture(), "image/png"))) as opened:
        assert json.loads(opened.text["onefile"]) == RECIPE
        prompt, negative, line = opened.text["parameters"].rsplit("\n", 2)
    assert prompt == RECIPE["prompt"]
    assert negative == "Negative prompt: people"
    assert line == "Steps: 20, Seed: 7, Size: 64x48, Model: sketch/still, Version: Onefile Studio 0.1"


@pytest.mark.parametrize("name", ["jpeg", "jpeg with exif", "webp", "webp moving"])
def test_pillow_reads_the_xmp_packet(name: str) -> None:
    mime, data = PICTURES[name]
    with Image.open(BytesIO(copied(data, mime))) as opened:
        found = ElementTree.fromstring(opened.info["xmp"])
    (recipe,) = found.iter(f"{{{OURS}}}recipe")
    assert json.loads(recipe.text or "") == RECIPE
    assert "Negative prompt: people" in "".join(found.itertext())


def test_pillow_reads_the_comment_of_a_gif() -> None:
    with Image.open(BytesIO(copied(picture(format_name="GIF"), "image/gif"))) as opened:
        assert str(RECIPE["prompt"]).encode() in opened.info["comment"]


@pytest.mark.parametrize("container", CLIPS)
@pytest.mark.parametrize("options", [{}, {"movflags": "faststart"}, {"movflags": "frag_keyframe+empty_moov"}], ids=str)
def test_a_video_plays_the_same_and_ffmpeg_finds_the_recipe(
    tmp_path: Path, container: str, options: dict[str, str]
) -> None:
    original = clip(tmp_path / f"a.{container}", container=container, sound="aac", options=options)
    copy = _written(tmp_path, copied(original.read_bytes(), CLIPS[container]), f"copy.{container}")
    assert read_recipe(copy, CLIPS[container]) == RECIPE
    containers.require_whole(copy, CLIPS[container])
    before, (after, metadata) = media(original, "")[0], media(copy, "", export_xmp="1")
    assert len(after) == 24
    assert after == before
    assert OURS in metadata["xmp"]


@pytest.mark.parametrize("container", SOUNDS)
def test_a_sound_is_the_same_and_the_recipe_reads_back(tmp_path: Path, container: str) -> None:
    original = sound(tmp_path / f"a.{container}", container=container)
    copy = _written(tmp_path, copied(original.read_bytes(), SOUNDS[container]), f"copy.{container}")
    assert read_recipe(copy, SOUNDS[container]) == RECIPE
    containers.require_whole(copy, SOUNDS[container])
    assert media(copy, "")[0] == media(original, "")[0]


def test_ffmpeg_reads_what_stands_in_sounds(tmp_path: Path) -> None:
    mp3 = _written(tmp_path, copied(sound(tmp_path / "a.mp3", container="mp3").read_bytes(), "audio/mpeg"), "b.mp3")
    assert json.loads(media(mp3, "")[1]["onefile"]) == RECIPE
    wav = _written(tmp_path, copied(sound(tmp_path / "a.wav").read_bytes(), "audio/wav"), "b.wav")
    assert "Negative prompt: people" in media(wav, "")[1]["comment"]


@pytest.mark.parametrize("version", ["3", "4", "0"])
def test_a_sound_with_and_without_a_tag_takes_a_recipe(tmp_path: Path, version: str) -> None:
    tag = {"id3v2_version": version} if version != "0" else {"id3v2_version": "0", "write_id3v2": "0"}
    options = {name: value for name, value in tag.items() if name != "write_id3v2"}
    data = sound(tmp_path / "a.mp3", container="mp3", options=options).read_bytes()
    copy = copied(copied(data, "audio/mpeg"), "audio/mpeg", RECIPE | {"seed": 8})
    assert read_recipe(copy, "audio/mpeg") == RECIPE | {"seed": 8}


def _written(folder: Path, data: bytes, name: str = "original") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


LONG = {"prompt": "雪と灯台 " * 20_000, "request": {"lyrics": "la & <la> " * 40_000}}
SMALL_CLIP = "video/mp4"


@pytest.mark.parametrize("name", PICTURES)
def test_a_long_recipe_fits(name: str) -> None:
    mime, data = PICTURES[name]
    copy = copied(data, mime, LONG)
    assert read_recipe(copy, mime) == LONG
    assert list(frames(copy)) == list(frames(data))


texts = st.text(st.characters(), max_size=200) | st.sampled_from(["\0", "\ud800", "]]>", "</rdf:RDF>", "'\"\\", "\r\n"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
recipes = st.fixed_dictionaries(
    {"prompt": texts, "model": texts, "request": st.dictionaries(texts, values, max_size=4)}
)


@pytest.mark.parametrize("name", ["png", "jpeg", "webp", "gif", "avif"])
@settings(max_examples=25, deadline=None)
@given(recipe=recipes)
def test_any_recipe_reads_back_from_a_picture(name: str, recipe: dict[str, Any]) -> None:
    mime, data = PICTURES[name]
    copy = copied(data, mime, recipe)
    assert read_recipe(copy, mime) == recipe
    assert next(frames(copy))[1] == next(frames(data))[1]


@pytest.fixture(scope="module")
def little(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The smallest clip and sounds, by media type."""
    folder = tmp_path_factory.mktemp("little")
    made = {mime: sound(folder / f"a.{name}", container=name, seconds=0.2) for name, mime in SOUNDS.items()}
    made |= {mime: clip(folder / f"b.{name}", container=name, seconds=0.2) for name, mime in CLIPS.items()}
    return {mime: path.read_bytes() for mime, path in made.items()}


@settings(max_examples=25, deadline=None)
@given(recipe=recipes)
def test_any_recipe_reads_back_from_films_and_sounds(little: dict[str, bytes], recipe: dict[str, Any]) -> None:
    for mime, data in little.items():
        copy = copied(data, mime, recipe)
        assert read_recipe(copy, mime) == recipe
        assert data[-1000:] in copy


@pytest.mark.parametrize("name", [name for name in PICTURES if name != "avif"])
def test_a_picture_cut_short_gives_no_copy(name: str) -> None:
    mime, data = PICTURES[name]
    for part in (0, 1, 5, 20, 50, 90, 99):
        with pytest.raises(MediaRefused):
            copied(data[: len(data) * part // 100], mime)


def test_films_and_sounds_cut_short_give_no_copy(little: dict[str, bytes]) -> None:
    for mime in ("video/mp4", "video/quicktime", "audio/mp4", "audio/wav"):
        for part in (0, 1, 5, 20, 50, 90, 99):
            with pytest.raises(MediaRefused):
                copied(little[mime][: len(little[mime]) * part // 100], mime)


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_damaged_files_are_refused_or_read_never_worse(little: dict[str, bytes], data: st.DataObject) -> None:
    """Any bytes changed anywhere: a clear refusal or an answer."""
    known = [*PICTURES.values(), *little.items()]
    mime, good = data.draw(st.sampled_from(known))
    bad = bytearray(copied(good, mime) if data.draw(st.booleans()) else good)
    head = min(len(bad), 600)
    for at, value in data.draw(st.lists(st.tuples(st.integers(0, head - 1), st.integers(0, 255)), max_size=8)):
        bad[at] = value
    try:
        copied(bytes(bad), mime)
        read_texts(bytes(bad), mime)
        read_recipe(bytes(bad), mime)
    except MediaRefused:
        pass


@pytest.mark.parametrize("mime", ["video/webm", "audio/webm", "audio/flac", "audio/ogg", "audio/aac", "text/html"])
def test_what_takes_no_recipe_says_so(mime: str) -> None:
    assert not can_embed(mime)
    with pytest.raises(MediaRefused, match="take no recipe"):
        copied(b"", mime)
    assert read_recipe(b"", mime) is None


def test_the_words_of_others_stay() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", "somebody's\nSteps: 1")
    info.add_itxt("workflow", "{}", zip=True)
    info.add_text("note", "é", zip=True)
    data = picture(pnginfo=info)
    copy = copied(data, "image/png")
    texts = read_texts(copy, "image/png")
    assert (texts["parameters"], texts["workflow"], texts["note"]) == ("somebody's\nSteps: 1", "{}", "é")
    assert copy.count(b"parameters\0") == 1


@pytest.mark.parametrize(("mime", "form"), [("image/jpeg", "JPEG"), ("image/webp", "WEBP")])
def test_an_xmp_packet_of_others_is_added_to(mime: str, form: str) -> None:
    theirs = (
        b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        b'xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="theirs"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    )
    data = picture(format_name=form, xmp=theirs)
    for recipe in (RECIPE, LONG):
        copy = copied(copied(data, mime, RECIPE), mime, recipe)
        assert read_recipe(copy, mime) == recipe
        with Image.open(BytesIO(copy)) as opened:
            assert opened.info["xmp"].count(b"theirs") == 1
            assert opened.info["xmp"].count(b"<onefile:recipe>") == (1 if form == "WEBP" or recipe is RECIPE else 0)
    with pytest.raises(MediaRefused, match="Download it as it is"):
        copied(picture(format_name=form, xmp=b"odd"), mime)


def test_exif_comments_are_read() -> None:
    """As AUTOMATIC1111 and ComfyUI write them."""
    exif = Image.Exif()
    exif[0x0110] = 'Workflow:{"nodes": []}'
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + "a hill\nSteps: 3".encode("utf-16-be")
    for form, mime in (("JPEG", "image/jpeg"), ("WEBP", "image/webp"), ("PNG", "image/png")):
        texts = read_texts(picture(format_name=form, exif=exif), mime)
        assert texts["exif:UserComment"] == "a hill\nSteps: 3"
        assert texts["exif:Model"] == 'Workflow:{"nodes": []}'


def test_a_text_that_would_fill_memory_is_read_only_so_far() -> None:
    bomb = zlib.compress(bytes(40 * 2**20))
    chunk = b"zTXt" + b"bomb\0\0" + bomb
    raw = len(chunk[4:]).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    data = picture()
    assert len(read_texts(data[:33] + raw + data[33:], "image/png")["bomb"]) == 16 * 2**20


def test_xmp_that_declares_entities_is_not_read() -> None:
    packet = f'<!DOCTYPE x [<!ENTITY a "b">]><x xmlns:o="{OURS}"><o:recipe>{{"a": "&a;"}}</o:recipe></x>'
    assert read_recipe(picture(format_name="WEBP", xmp=packet.encode()), "image/webp") is None


def test_a_movie_whose_last_box_has_no_end_gets_one(little: dict[str, bytes]) -> None:
    data = little["video/mp4"]
    at = data.rindex(b"moov") - 4
    open_ended = data[:at] + bytes(4) + data[at + 4 :]
    assert copied(open_ended, "video/mp4") == copied(data, "video/mp4")


def test_what_others_put_behind_a_file_stays_behind_it(little: dict[str, bytes]) -> None:
    for mime, data in [("video/mp4", little["video/mp4"]), ("image/webp", PICTURES["webp"][1]), PICTURES["png"]]:
        copy = copied(data + b"\0\0\1\2\xff\xfebehind", mime)
        assert copy.endswith(b"\0\0\1\2\xff\xfebehind")
        assert read_recipe(copy, mime) == RECIPE


def test_a_sound_that_does_not_know_its_length_is_left_alone(little: dict[str, bytes]) -> None:
    data = little["audio/wav"]
    with pytest.raises(MediaRefused, match="does not say how long"):
        copied(data[:4] + b"\xff\xff\xff\xff" + data[8:], "audio/wav")
