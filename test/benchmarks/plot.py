"""Draws the figures of `suite.py`: a bar a row, as long as Hagane is fast against the best of the others."""
from xml.sax.saxutils import escape

LEFT, WIDTH, STEP, TOP, RIGHT = 230, 520, 26, 58, 190
STYLE = """text { font: 13px sans-serif; fill: #222 } .small { font-size: 11px; fill: #666 }
.grid { stroke: #ddd } .even { stroke: #444; stroke-width: 1.5 } .spread { stroke: #222 } .goal { stroke: #c22;
stroke-width: 2.5 } .good { fill: #3a7ca5 } .short { fill: #b9cfdd }"""


def best_peer(result):
    """The fastest of the others."""
    return min(result.get("peers", ()), key=lambda name: result["peers"][name]["ratio"]["median"], default=None)


class Drawing:
    def __init__(self, rows):
        tops = [row["ratio"]["high"] for row in rows] + [row["goal"] or 0 for row in rows]
        self.top = max([1.5, *tops]) * 1.03
        self.height = TOP + STEP * len(rows) + 34
        self.parts = []

    def x(self, ratio):
        return LEFT + WIDTH * ratio / self.top

    def line(self, kind, ratio, top, bottom, to=None):
        end = self.x(ratio if to is None else to)
        self.parts.append(f'<line class="{kind}" x1="{self.x(ratio):.1f}" x2="{end:.1f}" y1="{top}" y2="{bottom}"/>')

    def text(self, x, y, text, anchor="start", kind=""):
        self.parts.append(f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" class="{kind}">{escape(text)}</text>')

    def axis(self):
        bottom = self.height - 28
        step = 0.25 if self.top < 3 else 0.5
        for i in range(int(self.top / step) + 1):
            ratio = i * step
            self.line("even" if ratio == 1 else "grid", ratio, TOP - 6, bottom)
            self.text(self.x(ratio), bottom + 16, f"{ratio:g}", "middle", "small")

    def bar(self, i, row):
        y, ratio = TOP + STEP * i, row["ratio"]
        kind = "good" if ratio["median"] >= (row["goal"] or 1) else "short"
        self.parts.append(f'<rect class="{kind}" x="{LEFT}" y="{y}" height="{STEP - 8}" '
                          f'width="{self.x(ratio["median"]) - LEFT:.1f}"/>')
        self.line("spread", ratio["low"], y + 9, y + 9, ratio["high"])
        if row["goal"]:
            self.line("goal", row["goal"], y - 2, y + STEP - 6)
        self.text(LEFT - 8, y + 13, f"{row['row']} {row['precision']}", "end")
        self.text(LEFT + WIDTH + 8, y + 13, f"{ratio['median']:.2f} × {row['best']}", kind="small")


def draw(results):
    """An SVG of the rows that have a peer."""
    rows = [{**result, "best": best, "ratio": result["peers"][best]["ratio"]}
            for result in results if (best := best_peer(result))]
    drawing = Drawing(rows)
    drawing.text(LEFT, 20, "Times as fast as the best other engine")
    drawing.text(LEFT, 38, "line: quartiles; red: goal; dark: reached, or ahead without one", kind="small")
    drawing.axis()
    for i, row in enumerate(rows):
        drawing.bar(i, row)
    width = LEFT + WIDTH + RIGHT
    body = "\n".join(drawing.parts)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{drawing.height}" '
            f'viewBox="0 0 {width} {drawing.height}">\n<style>{STYLE}</style>\n'
            f'<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n')
