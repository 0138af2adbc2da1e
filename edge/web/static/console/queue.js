// Enter begins with the first visit that waits.
document.addEventListener("keydown", (key) => {
  if (key.key === "Enter" && !key.target.closest("a, button, input, summary")) document.getElementById("begin")?.click();
});
