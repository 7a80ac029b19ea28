import gzip
import time
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import MalformedError, SsiError
from ssi_core.status.bitstring import MINIMUM_ENTRIES, BitstringStatusList
from ssi_core.status.inflate import MAX_LIST_BYTES

_SPEC = "Bitstring Status List 1.0"
# The list of example 3: 131,072 entries, none of them set.
_PUBLISHED = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"
_SIZES = st.integers(1, 8)


def _encoded(compressed: bytes) -> str:
    return "u" + base64url_encode(compressed)


@pytest.mark.spec(_SPEC, "3.4")
def test_the_published_list_is_read():
    read = BitstringStatusList.decode(_PUBLISHED)

    assert len(read) == MINIMUM_ENTRIES
    assert read == BitstringStatusList.new()


@pytest.mark.spec(_SPEC, "2.2")
def test_the_first_index_is_the_left_most_bit():
    packed = BitstringStatusList.new().with_status({0: 1, 9: 1, MINIMUM_ENTRIES - 1: 1})

    assert packed.data[:2].hex() == "8040"
    assert packed.data[-1] == 1


@pytest.mark.spec(_SPEC, "3.3")
def test_an_entry_of_several_bits_stands_at_its_index_times_its_size():
    packed = BitstringStatusList.new(size=3).with_status({0: 0b101, 2: 0b110, 3: 0b011})

    assert packed.data[:2] == bytes([0b10100011, 0b00110000])
    assert [packed.get(index) for index in range(5)] == [0b101, 0, 0b110, 0b011, 0]


@given(size=_SIZES, data=st.data())
def test_a_list_gives_back_what_was_set_and_nothing_else_changed(size, data):
    entry = st.tuples(st.integers(0, 60), st.integers(0, 2**size - 1))
    changes = dict(data.draw(st.lists(entry)))

    changed = BitstringStatusList.new(size=size).with_status(changes)

    assert [changed.get(index) for index in range(64)] == [changes.get(i, 0) for i in range(64)]
    assert not any(changed.data[64 * size // 8 + 1 :])
    assert BitstringStatusList.decode(changed.encode(), size) == changed


@pytest.mark.spec(_SPEC, "2.2")
def test_what_is_written_is_gzip_that_anybody_reads_and_has_no_time_in_it():
    encoded = BitstringStatusList.new().with_status({7: 1}).encode()
    compressed = base64url_decode(encoded.removeprefix("u"))

    assert encoded.startswith("u")
    assert gzip.decompress(compressed) == b"\x01" + bytes(16_383)
    assert compressed[4:8] == bytes(4)


@pytest.mark.parametrize("size", range(1, 9))
def test_a_new_list_is_never_too_short_for_herd_privacy(size: int):
    assert len(BitstringStatusList.new(1, size).require_length()) == MINIMUM_ENTRIES
    assert len(BitstringStatusList.new(200_000, size)) >= 200_000


@pytest.mark.spec(_SPEC, "3.2 STATUS_LIST_LENGTH_ERROR")
@pytest.mark.parametrize(("length", "size"), [(16_383, 1), (16_384, 2), (3 * 16_384 - 1, 3)])
def test_a_list_with_too_few_entries_is_too_short(length: int, size: int):
    with pytest.raises(MalformedError, match="too few"):
        BitstringStatusList(bytes(length), size).require_length()


@pytest.mark.spec(_SPEC, "3.2 RANGE_ERROR")
@pytest.mark.parametrize("index", [-1, MINIMUM_ENTRIES, 10**250])
def test_an_index_outside_the_list_is_refused(index: int):
    with pytest.raises(MalformedError, match="outside"):
        BitstringStatusList.new().get(index)


def test_an_entry_that_is_only_half_inside_is_outside():
    with pytest.raises(MalformedError, match="outside"):
        BitstringStatusList(bytes(2), 3).get(5)


@pytest.mark.parametrize("change", [{-1: 0}, {MINIMUM_ENTRIES: 0}, {0: 2}, {0: -1}])
def test_a_change_that_does_not_fit_is_refused(change: dict[int, int]):
    with pytest.raises(MalformedError):
        BitstringStatusList.new().with_status(change)


@pytest.mark.parametrize("size", [0, -1, 9, 2**40])
def test_a_size_that_is_not_supported_is_refused(size: int):
    with pytest.raises(MalformedError, match="bits"):
        BitstringStatusList(b"x", size)


@pytest.mark.spec(_SPEC, "2.2")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "u",
        _PUBLISHED[1:],
        "z" + _PUBLISHED[1:],
        _PUBLISHED + "=",
        _PUBLISHED[:-1],
        _encoded(b"no gzip"),
        _encoded(zlib.compress(bytes(16_384))),
        _encoded(gzip.compress(bytes(16_384), mtime=0)[:-1]),
        _encoded(gzip.compress(bytes(16_384), mtime=0)[:-8]),
        _encoded(gzip.compress(bytes(16_384), mtime=0) + b"x"),
        _encoded(gzip.compress(bytes(16_384), mtime=0) * 2),
        _encoded(gzip.compress(b"", mtime=0)),
    ],
)
def test_what_is_no_encoded_list_is_refused(text: str):
    with pytest.raises(MalformedError):
        BitstringStatusList.decode(text)


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_flipped_bit_never_changes_a_status_unseen(place: int, bit: int):
    original = BitstringStatusList.new().with_status(dict.fromkeys(range(0, 4096, 7), 1))
    compressed = bytearray(base64url_decode(original.encode()[1:]))
    compressed[place % len(compressed)] ^= 1 << bit

    try:
        read = BitstringStatusList.decode(_encoded(bytes(compressed)))
    except MalformedError:
        return
    # The header has bits that mean nothing: time, system, and how hard it was compressed.
    assert read == original


@given(st.one_of(st.text(), st.binary().map(_encoded)))
def test_junk_is_refused_as_what_it_is(text: str):
    try:
        BitstringStatusList.decode(text).require_length()
    except SsiError:
        return


@pytest.mark.spec(_SPEC, "3.4")
@pytest.mark.parametrize("megabytes", [3, 150])
def test_a_list_that_inflates_beyond_the_bound_is_refused_before_it_does(megabytes: int):
    compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
    chunk = bytes(2**20)
    bomb = b"".join(compressor.compress(chunk) for _ in range(megabytes)) + compressor.flush()
    text = _encoded(bomb)

    tracemalloc.start()
    began = time.perf_counter()
    with pytest.raises(MalformedError, match="larger"):
        BitstringStatusList.decode(text)
    seconds, (_, peak) = time.perf_counter() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert seconds < 3
    assert peak < 20 * MAX_LIST_BYTES
