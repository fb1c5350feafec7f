"""report.html in a real browser: what is clicked, typed and shown; no network, no error, and no script but ours."""

import shutil

import pytest
from ledgers import HOSTILE, hostile_groups, make_run, plain_groups, sample

from engine.records import Problem, StepMark
from engine.report.again import report_again
from engine.report.compare import compare
from engine.report.compare_page import write_comparison

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra dev)")
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed (on Debian: apt install chromium)"),
]
STEPS = (StepMark(0, 4, "supported"), StepMark(5, 14, "refuted", "left: 5; right: 6"), StepMark(15, 20, "unchecked"))
PROGRAM = {
    "measured": [{"index": i, "status": "accepted" if i < 2 else "wrong_answer", "cpu_s": 0.01, "wall_s": 0.02, "memory_mb": 9.0} for i in range(3)],
    "tests": {"total": 3, "ran": 3, "accepted": 2}, "isolation": "strong", "program": "print(1)",
    "failed": {"index": 2, "status": "wrong_answer", "hidden": False, "input": "7", "expected": "1\n2\n3", "got": "1\n5\n3", "stderr": "oops"},
}  # fmt: skip


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A run of 62 samples in 8 problems, with steps, tests, errors and a disagreement among them."""
    groups = list(plain_groups(6, 10))
    stepped = sample(
        "PASS", "FAIL", text="good 2+3=6 bad, so 4", verdict={"steps": STEPS, "evidence": {"span": [19, 20]}}
    )
    groups.append((Problem("steps", "Do it in steps.", answer="4"), [stepped]))
    groups.append(
        (
            Problem("code", "Print.", domain="code"),
            [sample("FAIL", verdict={"evidence": PROGRAM, "answer": "print(1)"})],
        )
    )
    path = tmp_path_factory.mktemp("plain") / "run"
    make_run(path, groups)
    return report_again(path).as_uri()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    path = tmp_path_factory.mktemp("hostile") / "run"
    make_run(path, list(hostile_groups()))
    return report_again(path).as_uri()


@pytest.fixture
def opened(chromium):
    """Opens an address; at the end nothing may have gone wrong or been asked for."""
    contexts, troubles, asked = [], [], []

    def go(address, **options):
        context = chromium.new_context(**({"viewport": {"width": 1280, "height": 900}} | options))
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        if "view=" in address:
            page.wait_for_selector(".browser, .group")
        return page

    yield go
    for context in contexts:
        context.close()
    assert not troubles
    assert all(url.startswith("file:") and "report.html" in url for url in asked), asked


def position(page):
    return page.text_content("#position")


def test_numbers_lead_to_the_samples_they_count(opened, plain):
    page = opened(plain)
    assert page.text_content("#numbers .tile:nth-child(2) .n") == "62"
    assert page.locator("figure svg").count() == 7
    page.click("a[href='#view=samples&kind=disagree']")
    page.wait_for_selector(".item")
    assert position(page) == "1 of 1"
    assert page.text_content(".sample h1") == "steps#0"
    page.go_back()
    assert page.is_visible("#overview")
    assert page.is_hidden("#browser")


def test_keys_move_and_the_address_keeps_the_view(opened, plain):
    page = opened(f"{plain}#view=samples")
    assert position(page) == "1 of 62"
    for key, place, name in [
        ("j", 2, "p0#1"),
        ("j", 3, "p0#2"),
        ("k", 2, "p0#1"),
        ("n", 11, "p1#0"),
        ("p", 10, "p0#9"),
    ]:
        page.keyboard.press(key)
        assert (position(page), page.text_content(".sample h1")) == (f"{place} of 62", name)
        assert page.text_content(".item[aria-selected=true] .id") == name.replace("#", " #")
    page.keyboard.press("2")  # FAIL
    before = page.url, position(page)
    assert before[1].endswith(" of 47")
    page.reload()
    page.wait_for_selector(".item")
    assert (page.url, position(page)) == before
    assert page.text_content(".sample h1") == "p0#9"
    page.keyboard.press("2")
    page.keyboard.press("End")
    for _ in range(70):
        page.keyboard.press("j")
    assert position(page) == "62 of 62"
    page.keyboard.press("k")
    page.keyboard.press("g")
    assert page.locator(".group").count() == 1
    page.keyboard.press("Escape")
    assert page.locator(".group").count() == 0


def test_filters_and_search(opened, plain):
    page = opened(f"{plain}#view=samples")
    page.select_option("[data-filter=state]", "accepted")
    assert position(page) == "1 of 15"
    page.select_option("[data-filter=verifier]", "steps")
    assert position(page).endswith("of 15")
    page.select_option("[data-filter=status]", "FAIL")
    assert position(page) == "0 of 0"
    page.click("text=Clear filters")
    assert position(page).endswith("of 62")
    page.select_option("[data-filter=status]", "FAIL")
    page.select_option("[data-filter=verifier]", "steps")
    assert position(page) == "1 of 1"
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("3.7 GIVES")
    playwright.expect(page.locator("#position")).to_have_text("1 of 1")
    assert page.text_content(".sample h1") == "p3#7"
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.press("Escape")
    page.select_option("[data-filter=sort]", "shortest")
    assert "q=3.7+GIVES" in page.url
    assert "sort=shortest" in page.url


def test_steps_show_what_was_refuted_and_the_answer_what_was_graded(opened, plain):
    page = opened(f"{plain}#view=samples&p=steps&i=0")
    assert page.locator(".step").evaluate_all("all => all.map(e => e.className)") == [
        "step supported",
        "step refuted",
        "step unchecked",
    ]
    assert "left: 5; right: 6" in page.text_content(".step.refuted .why")
    assert page.locator(".pair .box pre").first.text_content() == "4"
    assert page.locator(".verdict").count() == 2
    # a page fills what is folded when it is told of the unfolding, which is after the click
    page.click(".verdict details >> nth=0")
    playwright.expect(page.locator(".verdict details pre").first).to_contain_text('"span"')
    page.click("text=as JSON")
    playwright.expect(page.locator("details pre").last).to_contain_text('"problem_id": "steps"')


def test_a_failed_test_shows_its_difference(opened, plain):
    page = opened(f"{plain}#view=samples&p=code&i=0")
    assert page.locator(".sample tbody tr").count() == 3
    rows = page.locator(".diff .row").evaluate_all("all => all.map(e => e.textContent)")
    assert rows == [" 1", "-2", "+5", " 3"]
    assert "oops" in page.text_content(".sample")


def test_a_group_shows_chosen_beside_rejected(opened, plain):
    page = opened(f"{plain}#view=group&p=p3")
    assert page.locator(".strip button").count() == 10
    assert page.locator(".group tbody tr").count() == 10
    sides = page.locator(".pair .box")
    assert (sides.nth(0).get_attribute("class"), sides.nth(1).get_attribute("class")) == ("box good", "box bad")
    assert (page.text_content(".del"), page.text_content(".add")) == ("3.0", "3.3")
    page.select_option("select[aria-label='sample on the right']", "9")
    assert "right=9" in page.url
    assert page.locator(".add").first.text_content() == "3.9"
    page.click(".group tbody tr >> nth=4")
    assert page.text_content(".sample h1") == "p3#4"


def test_light_dark_and_paper(opened, plain):
    def paper(page):
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    light, dark = opened(plain, color_scheme="light"), opened(plain, color_scheme="dark")
    assert paper(light) != paper(dark)
    for page in (light, dark):
        page.click("#theme")
        assert page.text_content("#theme") == "◐ light"
    assert paper(light) == paper(dark)
    dark.click("#theme")
    assert paper(light) != paper(dark)
    dark.reload()
    assert dark.text_content("#theme") == "◐ dark"
    dark.emulate_media(media="print")
    assert paper(dark) == "rgb(255, 255, 255)"
    assert dark.is_hidden(".bar")


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_sticks_out_sideways(opened, hostile, width):
    for view in ("", "#view=samples", "#view=samples&p=__proto__&i=0"):
        page = opened(hostile + view, viewport={"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, view


def test_hostile_text_stays_text(opened, hostile):
    page = opened(hostile)
    allowed = page.evaluate("document.scripts.length")
    page.click("nav a[data-view=samples]")
    page.wait_for_selector(".item")
    for place in range(1, 6):
        assert position(page) == f"{place} of 5"
        assert page.evaluate("[window.hacked, document.scripts.length]") == [None, allowed]
        assert page.locator("main img, main script, main iframe").count() == 0
        for summary in page.locator(".sample summary").all():
            summary.click()
        page.keyboard.press("j")
    page.goto("about:blank")
    page = opened(hostile + "#view=samples")
    text = page.text_content(".sample")
    assert "<script>window.hacked = 1</script>" in text
    # what could hide or turn text is told by name
    for name in ("U+2028", "U+202E", "U+200B", "U+E0041", "␀", "␛"):
        assert name in text
    assert not page.evaluate(r"/[\u0000\u001b\u2028\u2029\u202e\u2066]/.test(document.body.innerText)")
    page.keyboard.press("g")
    assert page.locator(".group .strip button").count() == 4
    assert page.evaluate("window.hacked") is None


def test_a_hostile_address_changes_nothing(opened, plain):
    page = opened(
        f"{plain}#view=samples&q=%3Cimg%20src%3Dx%20onerror%3D%22window.hacked%3D1%22%3E&p={'%00' * 9}&i=__proto__"
    )
    assert position(page) == "0 of 0"
    assert page.evaluate("window.hacked") is None


def test_the_page_of_a_comparison(opened, tmp_path):
    make_run(tmp_path / "a", list(hostile_groups()))
    make_run(
        tmp_path / "b",
        [
            (p, [sample("PASS", "PASS", text=m.text, reasoning=m.reasoning) for m in made])
            for p, made in hostile_groups()
        ],
    )
    write_comparison(compare(tmp_path / "a", tmp_path / "b"), tmp_path / "report.html")
    page = opened((tmp_path / "report.html").as_uri())
    assert page.locator("details").count() == 3  # two that passed already, or were an ERROR, are not new
    page.click("summary >> nth=0")
    assert "window.hacked" in page.text_content("details pre >> nth=1")
    assert page.evaluate("[window.hacked, document.scripts.length]") == [None, 0]


def test_without_scripts_the_numbers_are_there(opened, plain):
    page = opened(plain, java_script_enabled=False)
    assert page.text_content("#numbers .tile:nth-child(2) .n") == "62"
    assert page.is_visible("noscript, .notice")
    assert HOSTILE not in page.content()
