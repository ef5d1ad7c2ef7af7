from relay.formats.draft import Draft, Sensor, finished
from relay.formats.harvest import Harvest
from relay.formats.outcome import Converted
from tests.unit.formats.kit import SOURCE


def test_a_title_behind_blanks_is_read_to_its_end() -> None:
    """Blanks before a title do not hide a victim in it."""
    harvest = Harvest(SOURCE)
    harvest.add("ipv4", "198.51.100.7")
    title = " " * 900 + "10.0.2.15 was hit"
    draft = Draft(Sensor("idea0"), ("1",), detected_at=0, title=title, fallback="A detection")

    outcome = finished(draft, harvest, SOURCE)

    assert isinstance(outcome, Converted)
    assert outcome.detections[0]["title"] == "A detection"
