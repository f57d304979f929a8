"""A clerk brings an own questionnaire: faults, how it looks, what differs, published, answered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from forms_of_others import changed, written, xlsx
from playwright.sync_api import Browser, Page, expect

from screens import WIDTHS, check_page, fits, follow, shoot, sign_in
from site_for_tests import PASSWORD, build
from survey_app.demo.server import free_port, running_site

pytestmark = pytest.mark.browser
LOCAL = "http://127.0.0.1:8000"
DESKTOP = {"width": 1280, "height": 800}
EVIL = "<img src=x onerror=\"document.title='hurt'\"><script>document.title='hurt'</script>"


@pytest.fixture(scope="module")
def preparing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a running site whose cycle, with the built-in forms, is in preparation."""
    made = build(tmp_path_factory.mktemp("own") / "home", base_url=LOCAL, state="准备")
    made.engine.dispose()
    with running_site(made.home, free_port(0)) as address:
        yield address


@pytest.fixture(scope="module", params=["light", "dark"])
def clerk(request: pytest.FixtureRequest, browser: Browser, preparing: str) -> Iterator[Page]:
    context = browser.new_context(viewport=DESKTOP, bypass_csp=True, color_scheme=request.param)
    yield sign_in(context, preparing, "boss", PASSWORD)
    context.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Three questionnaires as clerks bring them."""
    folder = tmp_path_factory.mktemp("forms")
    survey = [
        ["type", "name", "label", "calculation"],
        ["geopoint", "地点", "您在哪里？", ""],
        ["calculate", "sum", "", "1+1"],
    ]
    contents = {
        "faulty": xlsx({"survey": survey}),
        "own": changed(written("trainee_core"), "survey", _edited),
        "evil": changed(written("trainee_core"), "survey", _hostile),
    }
    for name, content in contents.items():
        (folder / f"{name}.xlsx").write_bytes(content)
    return {name: folder / f"{name}.xlsx" for name in contents}


def _edited(row: dict[str, object]) -> None:
    words = {"q01": "这次培训回应了我训前最想解决的问题。", "q02": "培训内容不切合我的教学实际。"}
    if row["name"] in words:
        row["label"] = words[str(row["name"])]


def _hostile(row: dict[str, object]) -> None:
    if row["name"] == "q01":
        row["label"] = EVIL


def bring(page: Page, address: str, file: Path) -> None:
    page.goto(f"{address}/province/instruments/")
    page.get_by_label("工具文件").set_input_files(file)
    follow(page.get_by_role("button", name="检查"))


def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.node.callspec.params["clerk"])


def test_1_the_forms_in_use_and_faults_at_their_cells(
    clerk: Page, preparing: str, files, request
) -> None:
    clerk.set_viewport_size(DESKTOP)
    clerk.goto(f"{preparing}/province/programme")
    follow(clerk.get_by_role("link", name="换用自己的问卷"))
    expect(clerk.get_by_role("heading", name="本年度用的工具")).to_be_visible()
    check_page(clerk, f"province-instruments-{scheme(request)}")
    clerk.get_by_label("工具文件").set_input_files(files["faulty"])
    follow(clerk.get_by_role("button", name="检查"))
    told = clerk.get_by_role("alert")
    expect(told).to_contain_text("工作表“survey” 第2行 “type”列")
    expect(told).to_contain_text("不支持题型“geopoint”")
    check_page(clerk, f"province-instrument-faults-{scheme(request)}")


def test_2_how_it_looks_and_what_differs(clerk: Page, preparing: str, files, request) -> None:
    bring(clerk, preparing, files["own"])
    expect(clerk.locator("#verdict")).to_contain_text("不可合并")
    expect(clerk.locator(".differences").first).to_contain_text("肯定与否定的说法变了")
    phone = clerk.frame_locator("iframe.phone-frame")
    expect(phone.get_by_text("这次培训回应了我训前最想解决的问题。")).to_be_visible()
    check_page(clerk, f"province-instrument-check-{scheme(request)}")
    clerk.set_viewport_size(DESKTOP)
    narrow = clerk.locator("iframe.phone-frame").bounding_box()
    assert narrow is not None and 320 <= narrow["width"] <= 400
    inside = clerk.frames[-1]
    assert inside.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    phone.get_by_role("button", name="提交").click()  # sends nothing
    assert inside.url.endswith(".xlsx")


@pytest.mark.parametrize("clerk", ["light"], indirect=True)
def test_3_markup_does_no_harm(clerk: Page, preparing: str, files) -> None:
    asked: list[str] = []
    clerk.on("request", lambda sent: asked.append(sent.url))
    bring(clerk, preparing, files["evil"])
    phone = clerk.frame_locator("iframe.phone-frame")
    expect(phone.get_by_text("<img src=x onerror=")).to_be_visible()
    assert "hurt" not in clerk.title()
    assert all(frame.title() != "hurt" for frame in clerk.frames)
    assert all(url.startswith(preparing) and not url.endswith("/x") for url in asked)


def test_4_the_preview_without_a_script(browser: Browser, preparing: str) -> None:
    context = browser.new_context(viewport=DESKTOP, java_script_enabled=False)
    page = sign_in(context, preparing, "boss", PASSWORD)
    for code in ("trainee_core", "institution_record"):
        page.goto(f"{preparing}/province/instruments/{code}/1.0/preview")
        expect(page.locator(".sample").first).to_have_text("这是预览，不会提交。")
        for screen, (width, height) in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            assert fits(page), (code, screen)
            shoot(page, f"preview-{code}-{screen}")
    context.close()


def test_5_published_listed_and_seen_by_trainees(browser: Browser, preparing: str, files) -> None:
    context = browser.new_context(viewport=DESKTOP, bypass_csp=True)
    page = sign_in(context, preparing, "boss", PASSWORD)
    bring(page, preparing, files["own"])
    page.get_by_label("理由").fill("按省里的说法改")
    follow(page.get_by_role("button", name="发布为第1.1版"))
    newest = page.locator("#version-1-1")
    expect(newest).to_contain_text("本年度使用")
    expect(newest).to_contain_text("理由：按省里的说法改")
    check_page(page, "province-instrument-versions")
    page.set_viewport_size(DESKTOP)
    follow(page.get_by_role("link", name="看第1.0版的样子，与现用一版比较"))
    expect(page.locator("#verdict")).to_contain_text(
        "第1.0版与现用的《教师培训学员结业问卷》第1.1版的作答：不可合并"
    )
    check_page(page, "province-instrument-version")
    page.set_viewport_size(DESKTOP)
    page.goto(f"{preparing}/province/")
    page.get_by_text("开放作答…").click()
    follow(page.get_by_role("button", name="确认开放"))
    page.goto(f"{preparing}/c/C1/form")
    expect(page.get_by_text("这次培训回应了我训前最想解决的问题。")).to_be_visible()
    page.goto(f"{preparing}/province/instruments/trainee_core/")
    expect(page.get_by_role("button", name="改用")).to_have_count(0)
    context.close()
