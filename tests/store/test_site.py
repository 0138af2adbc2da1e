"""site.toml: every fault at once, with the key and what to do; secrets are not shown; the environment wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.site import Site, load_site
from edge.store import BrokenStore, load_store
from tests.corner import write_store


def site_of(folder: Path, text: str) -> Site:
    store = load_store(write_store(folder))
    (folder / "site.toml").write_text(text, encoding="utf-8")
    return load_site(folder, store)


def faults_of(folder: Path, text: str) -> list[str]:
    with pytest.raises(BrokenStore) as broken:
        site_of(folder, text)
    return [str(fault) for fault in broken.value.faults]


def test_a_shop_without_the_file_has_the_embedded_broker(tmp_path: Path) -> None:
    site = load_site(tmp_path, load_store(write_store(tmp_path / "shop")))
    assert (site.broker.kind, site.broker.host, site.serial) == ("embedded", "127.0.0.1", ())


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEBURA_SITE_BROKER__PASSWORD", "from outside")
    site = site_of(tmp_path, '[broker]\nkind = "mqtt"\npassword = "in the file"\n')
    assert site.broker.password == "from outside"
    assert site.broker.kind == "mqtt"


def test_every_fault_is_told_at_once_and_no_password_is_shown(tmp_path: Path) -> None:
    text = '[broker]\nkind = "carrier pigeon"\nport = 99999\npassword = 12345\n[printer]\nmodel = "x"\n'
    told = faults_of(tmp_path, text)
    assert [fault.split(": ")[1] for fault in told] == ["broker.kind", "broker.port", "broker.password", "printer"]
    assert "12345" not in " ".join(told)
    assert "Take the key out, or correct its name" in told[-1]


def test_what_does_not_fit_to_the_store_is_told_with_what_would(tmp_path: Path) -> None:
    text = """
    [[serial]]
    device = "/dev/a"
    protocol = "lines"
    shelf = "g9-s9"

    [[serial]]
    device = "/dev/b"
    protocol = "barcode"
    gate = "back door"

    [[serial]]
    device = "/dev/c"
    protocol = "mt-sics"
    shelf = "g1-s1"
    plates = [2, 7]

    [[plain]]
    topic = "scale/weight"
    shelf = "g1-s1"
    plate = 2
    """
    told = faults_of(tmp_path, text)
    assert told == [
        "site.toml: serial[1].shelf: there is no shelf 'g9-s9'. Name one of g1-s1 …",
        "site.toml: serial[2].gate: there is no gate 'back door'. Name one of in, out",
        "site.toml: serial[3]: shelf g1-s1 has 4 plates, not 7. Correct the plate's number",
        "site.toml: plain[1]: plate 2 of g1-s1 is wired to serial[3] already. Give each plate one source",
    ]


def test_a_scale_that_says_no_unit_needs_one(tmp_path: Path) -> None:
    text = '[[serial]]\ndevice = "/dev/a"\nprotocol = "toledo-8217"\nshelf = "g1-s1"\nplates = [1]\n'
    (fault,) = faults_of(tmp_path, text)
    assert fault.startswith("site.toml: serial[1].unit: a scale of this kind does not say its unit. Write unit = ")
    assert site_of(tmp_path, text + 'unit = "lb"\n').serial[0].unit == "lb"


def test_a_scale_names_its_plates_and_a_protocol_one_of_those_that_are_there(tmp_path: Path) -> None:
    text = (
        '[[serial]]\ndevice = "/dev/a"\nprotocol = "kern"\nshelf = "g1-s1"\nbits = 7\nparity = "odd"\nstop_bits = 2\n'
    )
    assert faults_of(tmp_path, text) == ["site.toml: serial[1].plates: a scale must name its plates. Add plates = [1]"]
    (fault,) = faults_of(tmp_path, text.replace("kern", "morse"))
    assert fault.startswith("site.toml: serial[1].protocol: must be 'mt-sics', 'lines', ")
    told = faults_of(tmp_path, text.replace("bits = 7", "bits = 9").replace('"odd"', '"strange"'))
    assert [fault.split(": ")[1] for fault in told] == ["serial[1].bits", "serial[1].parity"]


def test_a_pointer_to_a_unit_that_can_point_at_nothing_is_told(tmp_path: Path) -> None:
    bare = '[[plain]]\ntopic = "scale/a"\nshelf = "g1-s1"\nplate = 1\nunit_at = "unit"\n'
    raw = bare.replace("plate = 1", 'plate = 2\nvalue = "weight"\nunit = "raw"')
    told = faults_of(tmp_path, bare + raw)
    assert told[0].startswith("site.toml: plain[1].unit_at: only a JSON payload has places. Add value")
    assert told[1].startswith("site.toml: plain[2].unit_at: raw numbers have no unit")


def test_a_file_that_is_not_toml_is_told(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, "broker = [")
    assert fault.startswith("site.toml: syntax: ")


def test_a_device_stands_once_whatever_its_path_is_called(tmp_path: Path) -> None:
    (tmp_path / "by-id").symlink_to(tmp_path / "ttyUSB0")
    text = "".join(
        f'[[serial]]\ndevice = "{tmp_path / name}"\nprotocol = "lines"\nshelf = "g1-s1"\nplates = [{plate}]\n'
        for plate, name in enumerate(("ttyUSB0", "by-id"), start=1)
    )
    (fault,) = faults_of(tmp_path / "shop", text)
    assert fault.startswith("site.toml: serial[2].device: ")
    assert "is the device of serial[1] already" in fault


def test_a_file_that_the_broker_needs_and_that_is_not_there_is_told_before_it_is_needed(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    text = f'[broker]\nkind = "mqtt"\nca_file = "/nowhere/ca.crt"\npassword_file = "{secret}"\n'
    assert [fault.split(": ")[1] for fault in faults_of(tmp_path / "shop", text)] == [
        "broker.ca_file", "broker.password_file",
    ]  # fmt: skip
    secret.write_text("hush")
    (fault,) = faults_of(tmp_path / "shop", text)
    assert "there is no file /nowhere/ca.crt" in fault


def test_cameras_that_do_not_fit_are_told_without_the_passwords_in_their_addresses(tmp_path: Path) -> None:
    text = """
    [[camera]]
    id = "cam"
    source = "rtsp://viewer:hush@10.0.0.5/stream"

    [[camera]]
    id = "cam"
    source = "rtsp://viewer:hush@10.0.0.5/stream"

    [[camera]]
    id = "c9"
    source = 0

    [eyes]
    detector = "/nowhere/mine.onnx"
    """
    told = faults_of(tmp_path, text)
    assert told == [
        "site.toml: eyes.detector: there is no file /nowhere/mine.onnx. Put it there, or correct the path",
        "site.toml: camera[2].source: it is the source of camera[1] already. Give each camera a source of its own",
        "site.toml: camera[2].id: cam has a table already. Give each camera one [[camera]]",
        "site.toml: camera[3].id: there is no camera 'c9'. Name one of cam",
    ]


@pytest.mark.parametrize("said", ['""', '"  "', "-1", "0.5", "true", "[0]"])
def test_a_source_that_is_none_is_told_once_with_what_it_may_be(tmp_path: Path, said: str) -> None:
    (fault,) = faults_of(tmp_path, f'[[camera]]\nid = "cam"\nsource = {said}\n')
    assert fault.startswith("site.toml: camera[1].source: is no source of pictures (it says ")
    assert fault.endswith("Write an rtsp:// address, a path like /dev/v4l/by-id/…, the number of a USB camera, "
                          "or a video file")  # fmt: skip


def test_a_camera_s_number_and_its_address_are_taken_as_they_are(tmp_path: Path) -> None:
    for said, source in (("0", 0), ('"0"', "0"), ('"rtsp://10.0.0.5/stream"', "rtsp://10.0.0.5/stream")):
        (camera,) = site_of(tmp_path, f'[[camera]]\nid = "cam"\nsource = {said}\n').camera
        assert camera.source == source


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("[brokr]\nport = 1\n", "site.toml: brokr: is nothing that is known here (it says {'port': 1}). Write broker"),
        ("[broker]\nprot = 1\n", "site.toml: broker.prot: is nothing that is known here (it says 1). Write port if"),
        ("[broker]\nzzz = 1\n", "site.toml: broker.zzz: is nothing that is known here (it says 1). Take the key out"),
        ('[[camera]]\nid = "cam"\nsource = 0\nlag = 1\n',
         "site.toml: camera[1].lag: is nothing that is known here (it says 1). Write lag_s if"),
    ],
)  # fmt: skip
def test_a_misspelt_key_is_told_which_one_is_meant(tmp_path: Path, said: str, told: str) -> None:
    (fault,) = faults_of(tmp_path, said)
    assert fault.startswith(told)


def test_only_a_usb_camera_is_asked_for_a_size(tmp_path: Path) -> None:
    (camera,) = site_of(tmp_path, '[[camera]]\nid = "cam"\nsource = 0\nsize = [1280, 720]\n').camera
    assert camera.size == (1280, 720)
    for source in ("rtsp://10.0.0.5/stream", "shop.mp4"):
        (fault,) = faults_of(tmp_path, f'[[camera]]\nid = "cam"\nsource = "{source}"\nsize = [1280, 720]\n')
        assert fault.startswith("site.toml: camera[1].size: only a USB camera can be asked for a size. Set it in")
    (fault,) = faults_of(tmp_path, '[[camera]]\nid = "cam"\nsource = 0\nsize = [1280]\n')
    assert fault.startswith("site.toml: camera[1].size[2]: is missing")


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ('[broker]\nhost = "mqtt://10.0.0.5"\n', "broker.host: 'mqtt://10.0.0.5' is no host"),
        ('[broker]\nhost = "10.0.0.5:1883"\n', "broker.host: '10.0.0.5:1883' is no host"),
        ('[broker]\nhost = ""\n', "broker.host: '' is no host"),
        ('[web]\nlisten = "http://0.0.0.0"\n', "web.listen: 'http://0.0.0.0' is no host"),
        ("[web]\nport = 1883\n", "web.port: the embedded broker is on port 1883 already"),
        ('[[serial]]\ndevice = " "\nprotocol = "lines"\nshelf = "g1-s1"\n', "serial[1].device: is empty"),
    ],
)
def test_what_no_device_can_be_reached_at_is_told(tmp_path: Path, said: str, where: str) -> None:
    (fault,) = faults_of(tmp_path, said)
    assert fault.startswith(f"site.toml: {where}")
    for host in ("::1", "broker.shop.example", "10.0.0.5"):
        assert site_of(tmp_path, f'[broker]\nhost = "{host}"\n').broker.host == host
