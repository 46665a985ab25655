"""The page around the parts."""

from reverie import __version__

STYLE = """
:root { --ink: #23233a; --paper: #fbfaf6; --soft: #6d6b80; --line: #e2dfd3; --glow: #c2552d; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e9e6dc; --paper: #17171f; --soft: #a3a0b0; --line: #33323f; --glow: #f0915f; }
  img { background: #fbfaf6; border-radius: 10px; }
}
body { margin: 0; background: var(--paper); color: var(--ink); font: 17px/1.6 Georgia, 'Times New Roman', serif; }
main { max-width: 1080px; margin: 0 auto; padding: 3rem 1.5rem 5rem; }
h1 { font-size: 3.4rem; line-height: 1.05; margin: 0; font-weight: 400; letter-spacing: -.02em; }
h2 { font-size: 2rem; font-weight: 400; margin: 4rem 0 .5rem; }
h3 { font-weight: 400; font-style: italic; color: var(--glow); margin: 2.2rem 0 .4rem; font-size: 1.25rem; }
.lead { font-size: 1.15rem; max-width: 46rem; }
p { max-width: 46rem; }
.says { color: var(--soft); margin: 0 0 .6rem; min-height: 3.2em; font-size: .92rem; line-height: 1.45; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(310px, 1fr)); gap: 1rem; margin: 1.2rem 0; }
article { border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.2rem; min-width: 0; }
article h3 { margin: 0; font-style: normal; font-size: 1.7rem; }
pre { font: 13px/1.5 ui-monospace, Menlo, Consolas, monospace; margin: 0; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
pre b { color: var(--glow); font-weight: 600; }
img { max-width: 100%; display: block; margin: .8rem 0; }
table { border-collapse: collapse; font-size: .92rem; margin-top: 1rem; }
th, td { text-align: right; padding: .3rem .9rem; border-bottom: 1px solid var(--line); font-weight: 400; }
th { color: var(--soft); }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
tr.fits td { color: var(--glow); font-weight: 600; }
code { font: .86em ui-monospace, Menlo, Consolas, monospace; }
code { background: var(--line); border-radius: 4px; padding: .1em .35em; }
.do { border-left: 3px solid var(--glow); padding-left: 1rem; margin-top: 2rem; }
footer { color: var(--soft); font-size: .9rem; margin-top: 4rem; }
"""


def page(parts: list[str]) -> str:
    """The whole page as one HTML document; `parts` are HTML sections."""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Reverie: the tour</title><style>{STYLE}</style></head>
<body><main>
<h1>Reverie</h1>
<p class="lead">New text and pictures from your own, made on this computer. Everything on this page was
written, drawn, dreamt and painted here, a moment ago; nothing was downloaded and nothing was sent anywhere.</p>
{"".join(parts)}
<footer>Reverie {__version__}. Made by <code>reverie tour</code>; run it again and the same seed gives the same page
for the same number of training steps.</footer>
</main></body></html>
"""
