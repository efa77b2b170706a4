"""Each lesson in docs/lessons has its story here and the other way round; what a page shows is what its commands print."""

import pathlib
import re

import pytest
from lessons.console import BLOCK, play
from lessons.stage import LESSONS

STORIES = pathlib.Path(__file__).parent
PAGES = sorted(LESSONS.glob("[0-9]*.md"))


def test_each_page_has_a_story_and_each_story_a_page():
    stories = [path.stem.removeprefix("test_").replace("_", "-") for path in sorted(STORIES.glob("test_[0-9]*.py"))]
    assert [page.stem for page in PAGES] == stories
    for page, story in zip(PAGES, stories):
        assert f"tests/e2e/lessons/test_{story.replace('-', '_')}.py" in page.read_text(), page.name


def test_the_index_lists_every_page_by_its_title():
    index = (LESSONS / "README.md").read_text()
    for page in PAGES:
        number, title = re.match(r"# (\d+)\. (.*)", page.read_text()).groups()
        assert int(number) == int(page.stem[:2])
        assert f"{number}. [{title}]({page.name})" in index


def exact(text):
    """How many events the simulation needed for a step is no part of a lesson."""
    return re.sub(r", \d+ events ran", "", text)


@pytest.mark.timing  # what a page provokes, its story provokes under sanitizers
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_commands_of_a_page_print_what_it_shows(page, tmp_path):
    text = page.read_text()
    assert BLOCK.search(text), "a lesson without commands"
    assert exact(play(text, tmp_path)) == exact(text), f"python3 tests/e2e/lessons/console.py docs/lessons/{page.name} writes the real outputs"
