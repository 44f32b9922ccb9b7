"""Pictures for doc/performance.md, drawn by report.py: figures as multiples of the best peer's, and doubling series.
Colours follow the reader's light or dark scheme."""
import html
import math

import report

# name: (light, dark); each gives the classes f-NAME (fill) and s-NAME (stroke)
COLOURS = {
    "back": ("#ffffff", "#0d1117"), "text": ("#24292f", "#e6edf3"), "faint": ("#6e7781", "#9198a1"),
    "grid": ("#d8dee4", "#2b323b"), "weft": ("#1f7a55", "#3fb984"), "over": ("#c2410c", "#f0883e"),
    "bird": ("#3b6ea5", "#79b0e8"), "frr": ("#b7791f", "#e3b341"), "openbgpd": ("#8f4f8b", "#d2a1ce"),
    "gobgp": ("#6b7280", "#a0a8b3"),
}


def style():
    sheet = lambda i: " ".join(f".f-{n} {{ fill: {c[i]} }} .s-{n} {{ stroke: {c[i]} }}" for n, c in COLOURS.items())
    return (f"<style>{sheet(0)} text {{ font: 12px system-ui, sans-serif }} .small {{ font-size: 11px }} "
            f".head {{ font-weight: 600 }}\n@media (prefers-color-scheme: dark) {{ {sheet(1)} }}</style>")


LOW, HIGH = 0.02, 30.0
LEFT, WIDTH, ROW = 250, 520, 20
PEERS = ("bird", "frr", "openbgpd", "gobgp")


def svg(width, height, body, title):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'role="img" aria-label="{html.escape(title)}">{style()}<rect width="100%" height="100%" '
            f'class="f-back"/>\n' + "\n".join(body) + "\n</svg>\n")


def text(x, y, s, anchor="start", cls="f-text"):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{cls}">{html.escape(s)}</text>'


def line(x1, y1, x2, y2, cls="s-grid", style=""):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{cls}" style="{style}"/>'


def x_of(ratio):
    ratio = min(max(ratio, LOW), HIGH)
    return LEFT + WIDTH * math.log(ratio / LOW) / math.log(HIGH / LOW)


def ratio_row(y, data, row):
    """weft as a bar from 1 (what it is compared with) to its ratio, the target as a tick, other daemons as dots."""
    scenario, figure, _, _, name, value, ratio, limit, met = row
    mid, out = y + ROW / 2, []
    a, b = sorted((x_of(ratio), x_of(1)))
    colour = "f-weft" if met else "f-over"
    out.append(f'<rect x="{a:.1f}" y="{mid - 6:.1f}" width="{max(b - a, 1):.1f}" height="12" rx="1" class="{colour}"/>')
    for d, _ in sorted(data.values[scenario, figure].items()):
        v = data.median(scenario, figure, d)
        if d in PEERS and v:
            out.append(f'<circle cx="{x_of(v / value):.1f}" cy="{mid:.1f}" r="4" class="f-{d}"/>')
    t = x_of(limit)
    out.append(line(t, mid - 9, t, mid + 9, "s-text", "stroke-width:2"))
    out.append(text(min(x_of(ratio), t) - 6, mid + 4, f"{ratio:.2f}", "end", "f-text small"))
    return out


def ratios(data, rows):
    rows = [r for r in rows if r[4] and r[6] is not None]
    grid, body, y, last = [], [], 62, None
    for r in rows:
        if r[0] != last:
            y += 8
            body.append(text(10, y + 14, r[0], "start", "f-text head"))
            last = r[0]
        beside = f" / {report.NAMES.get(r[4], r[4])}"
        body.append(text(LEFT - 8, y + 14, r[1] + beside, "end", "f-faint"))
        body += ratio_row(y, data, r)
        y += ROW
    for g in (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20):
        grid += [line(x_of(g), 58, x_of(g), y + 4, "s-faint" if g == 1 else "s-grid"), text(x_of(g), 54, f"{g:g}", "middle", "f-faint small")]
    x, key = 10, []
    key.append(f'<rect x="{x}" y="10" width="18" height="12" class="f-weft"/>')
    key.append(text(x + 24, 20, "weft (target missed: "))
    key.append(f'<rect x="{x + 146}" y="10" width="18" height="12" class="f-over"/>')
    key.append(text(x + 167, 20, ")"))
    key.append(line(x + 192, 7, x + 192, 25, "s-text", "stroke-width:2"))
    key.append(text(x + 200, 20, "target"))
    x += 262
    for d in PEERS:
        if any(d in v for v in data.values.values()):
            key += [f'<circle cx="{x}" cy="16" r="4" class="f-{d}"/>', text(x + 9, 20, report.NAMES[d])]
            x += 80
    key.append(text(10, 42, "multiple of the one it is compared with (logarithmic; less is better)", "start", "f-faint small"))
    return svg(LEFT + WIDTH + 30, y + 14, key + grid + body, "figures as multiples of the best peer's")


PANEL_W, PANEL_H, PANEL_GAP, COLUMNS = 260, 170, 44, 3
KINDS = (("load", "weft"), ("withdraw", "bird"), ("memory", "frr"))


def panel(x0, y0, s):
    """Growth over the first point, log-log, in powers of two; the dashed line is linear growth."""
    points, out, legend = s["points"], [], []
    first = points[0]["size"]
    span = math.log2(points[-1]["size"] / first)
    lines = [(kind, colour, [(math.log2(p["size"] / first), math.log2(p[kind] / points[0][kind])) for p in points])
             for kind, colour in KINDS if report.slope(points, kind) is not None]
    low = min([0.0] + [y for _, _, l in lines for _, y in l])
    high = max([span] + [y for _, _, l in lines for _, y in l])
    px = lambda x: x0 + PANEL_W * x / span
    py = lambda y: y0 + PANEL_H * (high - y) / (high - low)
    for k in range(int(span) + 1):
        out.append(line(px(k), y0, px(k), y0 + PANEL_H))
    for k in range(math.ceil(low), math.floor(high) + 1):
        out.append(line(x0, py(k), x0 + PANEL_W, py(k), "s-faint" if k == 0 else "s-grid"))
    out.append(line(px(0), py(0), px(span), py(span), "s-faint", "stroke-dasharray:4 4"))
    for kind, colour, l in lines:
        path = " ".join(f"{px(x):.1f},{py(y):.1f}" for x, y in l)
        out.append(f'<polyline points="{path}" class="s-{colour}" style="fill:none;stroke-width:2"/>')
        legend.append(f'<tspan class="f-{colour}">{kind} {report.slope(points, kind):.2f}</tspan>')
    out += [text(x0, y0 - 22, s["what"], "start", "f-text head"),
            f'<text x="{x0}" y="{y0 - 7}" class="f-text small">{" ".join(legend)}</text>',
            text(x0, y0 + PANEL_H + 14, f"{first:,}", "start", "f-faint small"),
            text(x0 + PANEL_W, y0 + PANEL_H + 14, f"{points[-1]['size']:,}", "end", "f-faint small"),
            text(px(span) - 4, py(span) - 3 if py(span) > y0 + 14 else py(span) + 22, f"×{2 ** span:g}", "end", "f-faint small")]
    return out


def doubling(all_series):
    body = []
    for i, s in enumerate(all_series):
        body += panel(14 + (i % COLUMNS) * (PANEL_W + PANEL_GAP), 44 + (i // COLUMNS) * (PANEL_H + 76), s)
    rows = -(-len(all_series) // COLUMNS)
    return svg(14 + COLUMNS * (PANEL_W + PANEL_GAP), 20 + rows * (PANEL_H + 76), body,
               "growth of CPU time and memory over doubling sizes")
