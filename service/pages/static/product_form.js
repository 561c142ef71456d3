// The form for a new product.

import { send } from "./service.js";

export function productForm(form, { added, failed, closed }) {
  const fields = form.elements;

  function close() {
    form.hidden = true;
    closed();
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const category = fields.category.value.split("/").map((part) => part.trim()).filter(Boolean);
    const product = { name: fields.name.value.trim(), category, family: fields.family.value.trim() || null };
    try {
      const put = await send("PUT", `/v1/products/${encodeURIComponent(fields.gtin.value.trim())}`, product);
      form.reset();
      added(await put.json());
    } catch (problem) {
      failed(problem);
    }
  });
  form.addEventListener("reset", close);
  form.addEventListener("keydown", (event) => event.key === "Escape" && close());

  return {
    // What was searched for and not found is the GTIN, or the name.
    open(words = "") {
      form.hidden = false;
      const digits = /^\d{8,14}$/.test(words);
      if (digits) fields.gtin.value = words;
      else if (words) fields.name.value = words;
      (digits ? fields.name : fields.gtin).focus();
    },
  };
}
