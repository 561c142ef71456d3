"""The page with the catalogue's products and their pictures, in a real browser."""

import pytest

from service.auth.permissions import Role

DROP = """(photo) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(photo)], "back.jpg", { type: "image/jpeg" }));
  const drop = new DragEvent("drop", { dataTransfer: data, bubbles: true });
  document.querySelector(".view[data-view=back]").dispatchEvent(drop);
}"""


@pytest.fixture
def page(opened, juice):
    page = opened("/products", Role.ADMIN)
    page.wait_for_selector("#products li")
    return page


def pictures(client, gtin: str) -> list[str]:
    return sorted(one["view"] for one in client.get(f"/v1/products/{gtin}/references").json()["references"])


def test_a_product_is_found_and_says_which_pictures_it_lacks(page):
    page.keyboard.press("/")
    page.keyboard.type("juice")
    page.wait_for_selector("#products li.at")
    page.keyboard.press("Enter")
    page.wait_for_selector("#title:has-text('Apple juice 1 l')")
    assert "drinks / juice" in page.inner_text("#facts")
    assert page.inner_text("#missing").startswith("No picture of the front, of the back, of the side, of the top")
    assert page.inner_text(".view[data-view=back]").split("\n")[-1] == "no picture of the back yet"


def test_enter_takes_what_was_written_and_not_what_fewer_words_had_found(page, client, juice):
    product = {"name": "Zucchini juice", "category": ["drinks", "juice"]}
    client.put("/v1/products/07612345000015", json=product).raise_for_status()
    page.keyboard.press("/")
    page.keyboard.type("juice")
    page.wait_for_selector("#products li.at:has-text('Apple juice') + li:has-text('Zucchini')")
    page.evaluate("""() => {
      const field = document.getElementById("search");
      field.value = "zucchini juice";
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    }""")
    page.wait_for_selector("#title:has-text('Zucchini juice')")


def test_pictures_are_added_removed_and_brought_back(page, client, juice, make_photo):
    page.click("#products li")
    page.wait_for_selector(".view")
    with page.expect_file_chooser() as chooser:
        page.click(".view[data-view=front] .add")
    photo = {"name": "front.jpg", "mimeType": "image/jpeg", "buffer": make_photo(1)}
    chooser.value.set_files(photo)
    page.wait_for_selector("#message:has-text('1 picture of the front added')")
    page.evaluate(DROP, list(make_photo(2)))
    page.wait_for_selector("#message:has-text('1 picture of the back added')")
    assert pictures(client, juice) == ["back", "front"]
    page.wait_for_function(
        "[...document.querySelectorAll('.removable img')].filter((image) => image.naturalWidth).length == 2"
    )
    page.keyboard.press("ArrowRight")
    page.keyboard.press("x")
    page.wait_for_selector("#message:has-text('The picture of the front is removed')")
    assert pictures(client, juice) == ["back"]
    page.wait_for_selector("#missing:has-text('No picture of the front')")
    page.keyboard.press("u")
    page.wait_for_selector("#message:has-text('The picture of the front is back')")
    assert pictures(client, juice) == ["back", "front"]


def test_a_new_product_is_added(page, client):
    page.keyboard.press("n")
    for text in ("012345678905", "Pear juice 1 l", "drinks / juice"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#title:has-text('Pear juice 1 l')")
    assert client.get("/v1/products/00012345678905").json()["category"] == ["drinks", "juice"]


@pytest.mark.parametrize("width", [820, 360])
def test_narrow_screens_do_not_scroll_sideways(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.click("#products li")
    page.wait_for_selector(".view")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
