"""A frame of a video: exactly the one a player shows, in its colours, kept once as an item with its origin."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace
from PIL import Image

from core import Studio, derived, frames, jobs, library, search
from core.database import Database
from core.errors import InvalidInput, MediaRefused, NotFound
from core.media import Inspector
from core.scratch import Scratch
from core.studio import Upload
from tests.factories import add, clip, found, picture

MIMES = {"mp4": "video/mp4", "mov": "video/quicktime", "webm": "video/webm"}


def decoded(path: Path) -> list[tuple[float, bytes]]:
    """(moment, pixels) of every frame, from the beginning."""
    with av.open(str(path)) as container:
        return [
            (float(frame.pts * frame.time_base), frame.to_ndarray(format="rgb24", src_colorspace="ITU601").tobytes())
            for frame in container.decode(video=0)
        ]


def taken(path: Path, seconds: float, folder: Path) -> tuple[float, bytes]:
    target = folder / "frame.png"
    begins = frames.take(path, MIMES[path.suffix[1:]], seconds, target)
    with Image.open(target) as opened:
        assert opened.format == "PNG"
        return begins, opened.tobytes()


@pytest.mark.parametrize(
    ("container", "codec", "options"),
    [
        ("mp4", "libx264", {"x264-params": "keyint=10:bframes=3:open-gop=1"}),
        ("mp4", "libx264", {"x264-params": "keyint=7:bframes=0"}),
        ("mov", "libx264", {"x264-params": "keyint=infinite"}),
        ("webm", "libvpx-vp9", {"g": "9"}),
    ],
    ids=str,
)
def test_each_frame_is_the_one_shown_at_its_moments(
    tmp_path: Path, container: str, codec: str, options: dict[str, str]
) -> None:
    path = tmp_path / f"a.{container}"
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=24, options=options)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        noise = np.random.default_rng(1).integers(0, 255, (24, 48, 64, 3), dtype=np.uint8)
        for pixels in noise:
            output.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        output.mux(stream.encode())
    known = decoded(path)
    assert len({pixels for _, pixels in known}) == 24
    for number, (begins, pixels) in enumerate(known):
        for inside in (0.0, 0.9):
            assert taken(path, begins + inside / 24, tmp_path) == (pytest.approx(begins, abs=1e-6), pixels), number
    for late in (1.0, 1000.0):
        assert taken(path, late, tmp_path)[1] == known[-1][1]


def test_colours_are_those_that_a_player_shows(tmp_path: Path) -> None:
    """Untagged high definition is BT.709, and what is tagged is as tagged."""
    colour = np.full((720, 64, 3), (200, 30, 60), np.uint8)
    for tagged, full in ((False, False), (True, False), (True, True)):
        path = tmp_path / "a.mp4"
        reach = ColorRange.JPEG if full else ColorRange.MPEG
        with av.open(str(path), "w") as output:
            stream = output.add_stream("libx264", rate=12)
            stream.width, stream.height, stream.pix_fmt = 64, 720, "yuv444p"
            if tagged:
                stream.codec_context.colorspace, stream.codec_context.color_range = 1, int(reach)
            frame = av.VideoFrame.from_ndarray(colour, format="rgb24")
            made = frame.reformat(format="yuv444p", dst_colorspace=Colorspace.ITU709, dst_color_range=reach)
            output.mux([*stream.encode(made), *stream.encode()])
        _, pixels = taken(path, 0, tmp_path)
        assert np.abs(np.frombuffer(pixels[:3], np.uint8).astype(int) - (200, 30, 60)).max() <= 2, (tagged, full)


def test_a_turned_video_gives_an_upright_frame(tmp_path: Path) -> None:
    data = clip(tmp_path / "a.mp4", seconds=0.5).read_bytes()
    at = data.index(b"tkhd") + 4 + 40  # the matrix of a track's header, version 0
    quarter = (0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
    turned = data[:at] + b"".join(n.to_bytes(4, "big", signed=True) for n in quarter) + data[at + 36 :]
    (tmp_path / "b.mp4").write_bytes(turned)
    target = tmp_path / "frame.png"
    frames.take(tmp_path / "b.mp4", "video/mp4", 0, target)
    with Image.open(target) as opened:
        assert opened.size == (48, 64)


def test_a_video_without_frames_is_refused(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", seconds=1)
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(MediaRefused):
        frames.take(path, "video/mp4", 0, tmp_path / "frame.png")


# Kept as an item


Take = Callable[..., int]


@pytest.fixture
def video(database: Database, tmp_path: Path, now: datetime) -> int:
    data = clip(tmp_path / "a.mp4").read_bytes()
    return library.add_upload(database, data, "harbour.mp4", found("video", duration=2.0), now)


@pytest.fixture
def save(database: Database, inspector: Inspector, tmp_path: Path, now: datetime) -> Iterator[Take]:
    """Keeps a frame of an item."""
    scratch = Scratch(tmp_path)
    yield lambda media_id, seconds, at=now: derived.save_frame(
        database, inspector, scratch, library.item(database, media_id), seconds, at
    )
    assert [child.name for child in scratch.folder.iterdir()] == ["lock"]
    scratch.close()


def test_a_frame_becomes_an_item_with_its_origin(database: Database, video: int, save: Take, now: datetime) -> None:
    later = now + timedelta(hours=1)
    item = library.item(database, save(video, 1.05, later))
    assert (item.kind, item.mime, item.width, item.height, item.created_at) == ("image", "image/png", 64, 48, later)
    assert item.recipe is not None
    assert (item.recipe.provider, item.recipe.model, item.recipe.status) == ("studio", "studio/frame", "succeeded")
    assert item.recipe.request == {"video": f"studio:media/{video}", "seconds": 1.0}
    assert item.recipe.inputs == {"video": (video,)}
    assert item.caption == "harbour.mp4 - frame at 1 s"
    assert item.filename == f"harbour-mp4-frame-at-1-s-{item.id}.png"
    assert search.page(database).hits[0].caption == item.caption


def test_a_frame_of_a_film_from_words_still_has_them(
    database: Database, tmp_path: Path, save: Take, now: datetime
) -> None:
    film = add(database, now, clip(tmp_path / "b.mp4", seconds=0.5).read_bytes(), kind="video", prompt="a hill at dusk")
    item = library.item(database, save(film, 0.1))
    assert item.caption == "a hill at dusk"
    assert item.filename == f"a-hill-at-dusk-{item.id}.png"


def test_the_same_frame_is_kept_once(database: Database, video: int, save: Take) -> None:
    first = save(video, 0.5)
    assert save(video, 0.51) == first
    assert save(video, 1.5) != first
    assert search.count(database) == 3


def test_equal_frames_of_two_moments_are_two(database: Database, tmp_path: Path, save: Take, now: datetime) -> None:
    still = tmp_path / "still.mp4"
    with av.open(str(still), "w") as output:
        stream = output.add_stream("libx264", rate=4)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(4):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")))
        output.mux(stream.encode())
    video = library.add_upload(database, still.read_bytes(), "still.mp4", found("video", duration=1.0), now)
    assert len({save(video, moment) for moment in (0, 0.25, 0.5)}) == 3


def test_frames_are_no_runs_of_the_queue(studio: Studio, tmp_path: Path, now: datetime) -> None:
    video = studio.upload(Upload("harbour.mp4", clip(tmp_path / "a.mp4").read_bytes()), now=now)
    media_id = studio.save_frame(video, 0, now=now)
    recipe = library.item(studio.database, media_id).recipe
    assert recipe is not None
    assert jobs.recent(studio.database) == []
    assert sum(jobs.counts(studio.database).values()) == 0
    assert studio.vary([media_id], now=now) == []
    with pytest.raises(NotFound, match="cannot be run again"):
        studio.again(recipe.generation_id, now=now)
    studio.cancel(recipe.generation_id, now=now)
    assert not studio.fetch_again(recipe.generation_id, now=now)
    assert jobs.claim(studio.database, "tests", now) is None
    with pytest.raises(NotFound):
        studio.save_frame(999, 0, now=now)


@pytest.mark.parametrize("seconds", [-0.1, 3.1, float("nan"), float("inf")])
def test_a_moment_outside_the_video_is_refused(video: int, save: Take, seconds: float) -> None:
    with pytest.raises(InvalidInput, match=r"from 0 to 2\.00 s"):
        save(video, seconds)


def test_only_videos_have_frames(database: Database, save: Take, now: datetime) -> None:
    media_id = library.add_upload(database, picture(), "a.png", found(), now)
    with pytest.raises(InvalidInput, match="no video"):
        save(media_id, 0)


def test_a_video_that_cannot_be_decoded_gives_no_frame(database: Database, save: Take, now: datetime) -> None:
    media_id = library.add_upload(database, b"no video", "a.mp4", found("video", duration=1.0), now)
    with pytest.raises(MediaRefused):
        save(media_id, 0)
    assert search.count(database) == 1
