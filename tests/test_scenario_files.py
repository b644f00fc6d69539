"""Reading, extending and changing scenario files, and what a user is told when one cannot be used.

A toy scenario stands for the real one: these tests are about the machinery alone.
"""

import datetime as dt
from abc import abstractmethod

import pytest

from sim.checking import Checker
from sim.errors import BadInput
from sim.loading import opening_comment, read
from sim.plugin import FAMILIES, Block, Plugin, param
from sim.shape import plain
from sim.yaml_reader import read_text


class Toy(Plugin, family="toy"):
    """A toy."""

    @abstractmethod
    def play(self) -> str: ...


class Ball(Toy, type="ball"):
    """It rolls."""

    radius: float = param(0.1, unit="metres", doc="size of the ball", low=0, high=1, source="judgement")

    def play(self) -> str:
        return "roll"


class Bricks(Toy, type="bricks"):
    """They stack."""

    count: int = param(unit="bricks", doc="how many", low=1, source="judgement")
    sides: tuple[int, ...] = param((4, 6), unit="sides", doc="sides of a brick", source="judgement")
    since: dt.date | None = param(None, unit="date", doc="bought on", source="judgement")

    def play(self) -> str:
        return "stack"


class Box(Block):
    lid: bool = param(True, unit="yes or no", doc="whether it closes", source="judgement")
    corners: tuple[float, float, float] = param((0.0, 0.0, 0.0), unit="metres", doc="where it stands",
                                                source="judgement")
    best: Toy = param(factory=lambda: Ball(radius=0.5), unit="toy", doc="the best toy", source="judgement")


class Room(Block):
    title: str = param("", unit="text", doc="name of the room", source="judgement")
    toys: tuple[Toy, ...] = param((), unit="toys", doc="what lies about", source="judgement")
    box: Box = param(factory=Box, unit="box", doc="where they go", source="judgement")


def load(path, changes=()):
    source = read(path, Room, changes)
    checker = Checker(source.tree)
    room = checker.block(Room, source.tree)
    if checker.problems or source.problems:
        raise BadInput([*source.problems, *checker.problems])
    return room


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write_file(name, text):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return name

    return write_file


def complaints(path, changes=()):
    with pytest.raises(BadInput) as caught:
        load(path, changes)
    return [str(problem) for problem in caught.value.problems]


BASE = """\
# What do children play with?
title: Nursery
toys:
  - {type: ball, radius: 0.3}
  - {type: bricks, name: oak, count: 12}
box:
  lid: false
"""


def test_values_are_those_of_yaml_1_2():
    text = "a: 1e-3\nb: no\nc: 2027-01-27\nd: 0x1F\ne: '5'\nf: ~\ng: 1_000\nh: .5\ni: true\nj: 010\nl: .inf"
    assert read_text(text, "x").plain() == {
        "a": 0.001, "b": "no", "c": dt.date(2027, 1, 27), "d": 31, "e": "5", "f": None, "g": 1000, "h": 0.5, "i": True,
        "j": 10, "l": ".inf"}


def test_a_file_becomes_frozen_blocks(write):
    room = load(write("room.yaml", BASE))
    assert room.toys == (Ball(radius=0.3), Bricks(name="oak", count=12)) and not room.box.lid
    with pytest.raises(ValueError, match="frozen"):
        room.title = "other"


def test_extending_merges_maps_and_blocks_by_label(write):
    write("base.yaml", BASE)
    write("over.yaml", """\
extends: base.yaml
toys:
  - {name: oak, count: 20}
  - {type: ball, remove: true}
  - {type: bricks, name: pine, count: 3}
box: {best: {radius: 0.7}}
""")
    room = load("over.yaml")
    assert room.title == "Nursery"
    assert room.toys == (Bricks(name="oak", count=20), Bricks(name="pine", count=3))
    assert room.box == Box(lid=False, best=Ball(radius=0.7))


def test_an_empty_list_empties_and_another_type_starts_afresh(write):
    write("base.yaml", BASE + "  best: {type: ball, radius: 0.9}\n")
    write("over.yaml", "extends: base.yaml\ntoys: []\nbox: {best: {type: bricks, count: 2}}\n")
    room = load("over.yaml")
    assert room.toys == () and room.box.best == Bricks(count=2)


def test_a_default_block_keeps_what_is_not_changed(write):
    room = load(write("room.yaml", "box: {best: {name: mine}}"))
    assert room.box.best == Ball(radius=0.5, name="mine")


@pytest.mark.parametrize(("change", "expected"), [
    ("toys.oak.count=7", lambda room: room.toys[1].count == 7),
    ("toys.1.sides=[3]", lambda room: room.toys[1].sides == (3,)),
    ("toys.0.radius=1e-3", lambda room: room.toys[0].radius == 0.001),
    ("box.best.radius=0.2", lambda room: room.box.best == Ball(radius=0.2)),
    ("box.best.name=b", lambda room: room.box.best == Ball(radius=0.5, name="b")),
    ("box.best={type: bricks, count: 2}", lambda room: room.box.best == Bricks(count=2)),
    ("toys.oak.since=2027-01-27", lambda room: room.toys[1].since == dt.date(2027, 1, 27)),
    ("title=no", lambda room: room.title == "no"),
])
def test_a_value_is_changed_by_its_path(write, change, expected):
    assert expected(load(write("room.yaml", BASE), [change]))


def test_changing_a_type_by_its_path_drops_the_parameters_of_the_old_one(write):
    room = load(write("room.yaml", BASE), ["box.best.type=bricks", "box.best.count=5"])
    assert room.box.best == Bricks(count=5)


def test_changes_may_come_as_python_values(write):
    assert load(write("room.yaml", BASE), {"toys.oak.count": 7, "box.lid": True}).box.lid


def test_every_problem_is_reported_at_once_with_its_line(write):
    write("room.yaml", """\
title: 5
toys:
  - {type: bal}
  - {type: ball, name: b2, raduis: 0.2}
  - {type: ball, radius: 1.5}
  - type: bricks
    sides: [4, six]
    since: 2026-13-01
boxx: {}
box:
  lid: yes
  best: ball
""")
    assert complaints("room.yaml") == [
        "room.yaml:1: title is the number 5; a text is expected; put it in quotes: name of the room",
        'room.yaml:3: toys, bal: there is no toy of type "bal"; did you mean "ball"? there are: ball, bricks',
        'room.yaml:4: toys, b2: unknown key "raduis"; did you mean "radius"? known here: type, name, radius',
        "room.yaml:5: toys, ball, radius is 1.5; it must be at least 0 and at most 1 (metres): size of the ball",
        "room.yaml:6: toys, bricks: `count` is missing: how many; a whole number is expected (bricks)",
        'room.yaml:7: toys, bricks, sides, number 2 is the text "six"; a list of whole numbers is expected (sides): '
        "sides of a brick",
        'room.yaml:8: toys, bricks, since is the text "2026-13-01"; a date such as 2027-01-27 or nothing is expected: '
        "bought on",
        'room.yaml:9: unknown key "boxx"; did you mean "box"? known here: title, toys, box',
        'room.yaml:11: box, lid is the text "yes"; true or false is expected; write true: whether it closes',
        "room.yaml:12: box, best: settings are expected here, as `key: value`, "
        'not the text "ball"; write {type: ball}',
    ]


BOMB = "a: &a [1, 2]\n" + "\n".join(
    f"{x}: &{x} [" + ", ".join([f"*{y}"] * 9) + "]" for x, y in zip("bcdefgh", "abcdefg", strict=True))


@pytest.mark.parametrize(("text", "part"), [
    ("toys: {type: ball}", "room.yaml:1: toys: a list of blocks is expected"),
    ("toys:", "room.yaml:1: toys: a list of blocks is expected, each line opening with `-`, not nothing; write []"),
    ("title:", "title has no value; a text is expected"),
    ("box: {lid: 1}", "lid is the number 1; true or false is expected"),
    ("toys: [{type: ball, radius: '0.2'}]", 'is the text "0.2"; a number is expected (metres); take the quotes off'),
    ("toys: [{type: ball, radius: 20%}]", "write 0.2"),
    ("toys: [{type: bricks, count: 1.0}]", "count is the number 1; a whole number is expected (bricks)"),
    ("toys: [{type: bricks, count: true}]", "count is `true`; a whole number is expected"),
    ("toys: [{type: bricks, count: 0}]", "count is 0; it must be at least 1 (bricks): how many"),
    ("toys: [{type: 3}]", 'there is no toy of type "3"; there are: ball, bricks'),
    ("toys: [{radius: 1}]", "toys, number 1: `type` is missing; there are: ball, bricks"),
    ("toys: [ball]", "write {type: ball}"),
    ("toys: [{type: ball, remove: yes}]", '`remove` is the text "yes"; write `remove: true`'),
    ("box: {corners: [1, 2]}", "box, corners is a list; a list of 3 values is expected (metres): where it stands"),
    ("box: {corners: [1, 2, x]}", 'box, corners, number 3 is the text "x"; a list of 3 values is expected (metres)'),
    ("box: {best: {remove: true}}", "`remove` takes a block out of the file that `extends` names"),
    ("toys: [{type: ball}, {type: ball}]", 'two blocks are called "ball" (the first on line 1); give each its own'),
    ("title: a\ntitle: b", 'room.yaml:2: "title" is written twice here; the first is on line 1'),
    ("- a\n- b", "a scenario is made of lines"),
    ("", "the file is empty"),
    ("# only a comment", "the file is empty"),
    ("title: [a", "room.yaml:1: this is not YAML: a list in [ ] is not closed"),
    ("title: a\n\tbox: b", "room.yaml:2: this is not YAML: a "),
    ("title: !!str 5", "tags such as !!str are not used"),
    ("title: *a", "*a refers to &a, which is not written above it"),
    ("title: a\n---\ntitle: b", "room.yaml:2: a second document"),
    ("[" * 60, "nested more than 40 levels deep"),
    (BOMB, "more than 50,000 values, repeated ones included"),
    ("extends: nowhere.yaml", 'room.yaml:1: "nowhere.yaml": there is no such file'),
    ("extends: [a]", "extends: the name of one scenario file is expected"),
    ("extends: room.yaml", "the files go round in a circle: room.yaml extends room.yaml"),
    ("plugins: a.py", "plugins: a list of Python files is expected"),
    ("plugins: [a.py]", "room.yaml:1: the plug-in a.py cannot be read: No such file"),
    ("plugins: [a.txt]", "a plug-in is a Python file"),
])
def test_a_mistake_is_explained(write, text, part):
    assert part in "\n".join(complaints(write("room.yaml", text)))


@pytest.mark.parametrize(("change", "part"), [
    ("toys.oka.count=7", 'toys.oka.count=7: there is no block "oka" here; did you mean "oak"? there are: ball, oak'),
    ("toys.2.count=7", "there is no block 2: the list has 2, counted from 0"),
    ("toys.oak.cuont=7", '--set toys.oak.cuont=7: toys, oak: unknown key "cuont"; did you mean "count"?'),
    ("toys.oak.count=0", "--set toys.oak.count=0: toys, oak, count is 0; it must be at least 1 (bricks): how many"),
    ("toys.oak.count.deep=0", '"deep" cannot be set: what stands before it is a single value'),
    ("toys.oak.count", "a change is written path=value"),
    ("=3", "a change is written path=value"),
    ("a..b=3", '"a..b" is no path'),
    ("title=[", "this is not YAML"),
    ("extends=x.yaml", "`extends` belongs in a scenario file"),
])
def test_a_mistake_on_the_command_line_names_the_command_line(write, change, part):
    found = complaints(write("room.yaml", BASE), [change])
    assert len(found) == 1 and part in found[0] and found[0].startswith("--set ")


def test_a_problem_in_an_extended_file_points_there(write):
    write("base.yaml", BASE.replace("0.3", "3"))
    write("over.yaml", "extends: base.yaml\ntoys:\n  - {name: oak, count: 0}\n  - {name: elm, remove: true}\n")
    assert [line.split(": ")[0] for line in complaints("over.yaml")] == ["over.yaml:3", "over.yaml:4", "base.yaml:4"]


def test_files_that_extend_each_other_are_refused(write):
    write("a.yaml", "extends: b.yaml")
    write("b.yaml", "title: b\nextends: a.yaml")
    assert complaints("a.yaml") == [
        "b.yaml:2: the files go round in a circle: a.yaml extends b.yaml extends a.yaml"]


def test_files_that_are_no_scenarios(write, tmp_path):
    (tmp_path / "binary.yaml").write_bytes(bytes(range(256)))
    (tmp_path / "null.yaml").write_bytes(b"a: \0")
    (tmp_path / "latin.yaml").write_bytes("title: a\nquestion: Größe".encode("latin-1"))
    (tmp_path / "folder.yaml").mkdir()
    with (tmp_path / "huge.yaml").open("wb") as file:
        file.truncate(100_000_000)
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "gone.yaml").symlink_to("nowhere.yaml")
    for name, part in {"loop.yaml": "loop.yaml: ", "gone.yaml": "there is no such file",
                       "binary.yaml": "not a text file", "null.yaml": "binary file", "latin.yaml": "latin.yaml:2: ",
                       "folder.yaml": "this is a folder", "huge.yaml": "100.0 MB", "no.yaml": "there is no such file",
                       "a\0b": "not the name of a file", "x" * 5000: "not the name of a file"}.items():
        assert part in complaints(name)[0]


def test_the_question_is_the_opening_comment():
    text = "# yaml-language-server: $schema=x\n# Does it\n# work?\n#\n# More to say.\ntitle: a\n# later\n"
    assert opening_comment(text) == "Does it work?"
    assert opening_comment("title: a\n# later") == ""


def test_a_block_is_written_out_and_read_back():
    room = Room(title="r", toys=(Bricks(count=3, since=dt.date(2027, 1, 1)),))
    assert plain(room) == {
        "title": "r",
        "toys": [{"type": "bricks", "count": 3, "sides": [4, 6], "since": dt.date(2027, 1, 1)}],
        "box": {"lid": True, "corners": [0.0, 0.0, 0.0], "best": {"type": "ball", "radius": 0.5}}}


PLUGIN = '''\
from sim.plugin import FAMILIES, param

class Kite(FAMILIES["toy"], type="kite"):
    """It flies."""

    length: float = param(10.0, unit="metres", doc="string", low=0, source="judgement")

    def play(self):
        return "fly"
'''


def test_a_users_own_file_is_loaded_again_and_again_and_only_for_its_scenario(write):
    write("kite.py", PLUGIN)
    write("with.yaml", "plugins: [kite.py]\ntoys: [{type: kite, length: 3.5}]")
    first = load("with.yaml")
    assert first.toys[0].play() == "fly"
    assert load("with.yaml") == first
    assert "there is no toy of type \"kite\"" in complaints(write("without.yaml", "toys: [{type: kite}]"))[0]
    write("kite.py", PLUGIN.replace("fly", "soar"))
    assert load("with.yaml").toys[0].play() == "soar"
    load(write("plain.yaml", BASE))
    assert sorted(FAMILIES["toy"].types) == ["ball", "bricks"]


def test_the_source_of_a_users_file_is_hashed(write, tmp_path):
    write("kite.py", PLUGIN)
    source = read(write("with.yaml", "plugins: [kite.py, kite.py]"), Room)
    assert [plugin.path for plugin in source.plugins] == [str(tmp_path / "kite.py")]
    assert len(source.plugins[0].sha256) == 64


@pytest.mark.parametrize(("text", "part"), [
    (PLUGIN.replace("return", "retrun"), "kite.py:9: this is not Python: invalid syntax"),
    (PLUGIN + "\n1 / 0\n", "kite.py:11: the plug-in fails with ZeroDivisionError: division by zero"),
    (PLUGIN + "\nraise SystemExit\n", "kite.py:11: the plug-in fails with SystemExit"),
    (PLUGIN.replace('"kite"', '"ball"'), "kite.py:3: the plug-in fails with TypeError: two toy classes are"),
    (PLUGIN.replace("def play", "def plya"), 'kite.py: the toy "kite" lacks play'),
    ("x = 1\n", "kite.py: this plug-in registers nothing"),
    (PLUGIN.replace('source="judgement"', 'source=""'), "kite.py:6: the plug-in fails with ValueError: a parameter"),
    ("import nonsense_that_is_nowhere", "kite.py:1: the plug-in fails with ModuleNotFoundError"),
])
def test_a_mistake_in_a_users_file_is_reported_with_its_line(write, text, part):
    write("kite.py", text)
    assert part in complaints(write("with.yaml", "plugins: [kite.py]"))[0]
    assert sorted(FAMILIES["toy"].types) == ["ball", "bricks"]
