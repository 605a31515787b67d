// Show the frame that a demo's dials name. Without this script the first one stays.
document.addEventListener("input", ({ target }) => {
  const demo = target.closest(".demo-frames");
  if (!demo) return;
  let index = 0;
  for (const dial of demo.querySelectorAll("input")) {
    const values = JSON.parse(dial.dataset.values);
    index = index * values.length + Number(dial.value);
    dial.setAttribute("aria-valuetext", values[dial.value]);
    dial.nextElementSibling.value = values[dial.value];
  }
  const frames = JSON.parse(demo.querySelector("script").textContent);
  const image = demo.querySelector("img");
  [image.src, image.alt] = frames[index];
});
