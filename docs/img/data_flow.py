#!/usr/bin/env python3
"""Draws how data flows through Grounds, in English and Chinese.

Usage: docs/img/data_flow.py         writes data-flow.svg and data-flow.zh.svg beside itself
       docs/img/data_flow.py --check exits 1 if either differs from what it would write

A picture is a grid of boxes in three lanes and arrows between them. Change LANES or ARROWS, run it,
commit both pictures.
"""
import pathlib
import sys
from xml.sax.saxutils import escape

WIDTH, LANE_HEIGHT, TOP = 980, 124, 8
BOX_WIDTH, BOX_HEIGHT, LEFT, STEP = 146, 62, 112, 170
INK, SOFT, LINE = "#1f2933", "#52606d", "#7b8794"
FILLS = {"work": "#e8f1fb", "store": "#fdf3d7", "edge": "#f0f4f0"}

# Lane: (title en, title zh, [(key, column, kind, first line en, second line en, first zh, second zh)])
LANES = [
    ("Ingest", "入库", [
        ("documents", 0, "edge", "Documents", "txt md html csv", "文档", "txt md html csv"),
        ("parse", 1, "work", "Parse", "separate process", "解析", "独立进程"),
        ("chunk", 2, "work", "Chunk", "by headings, tokens", "切块", "按标题与词元"),
        ("embed", 3, "work", "Embed", "OpenVINO, int8", "向量化", "OpenVINO，int8"),
        ("commit", 4, "work", "Commit", "files, then one row", "提交", "先落文件，再发布"),
    ]),
    ("Stored", "存储", [
        ("ledger", 1, "store", "Ledger", "hash chain + texts", "账本", "哈希链与原文"),
        ("generation", 3, "store", "Generation", "catalog, access rows", "代次", "目录与权限"),
        ("segments", 4, "store", "Segments", "codes, postings, text", "段", "编码、倒排、正文"),
    ]),
    ("Ask", "问答", [
        ("question", 4, "edge", "Question", "and who asks", "问题", "以及提问者"),
        ("retrieve", 3, "work", "Retrieve", "permitted only, exact", "检索", "先鉴权，精确"),
        ("prompt", 2, "work", "Evidence", "in a fenced prompt", "证据", "放入隔离的提示词"),
        ("answer", 1, "work", "Answer", "quoted, then checked", "回答", "摘录并核对"),
        ("reader", 0, "edge", "Reader", "answer, citations", "读者", "答案与引文"),
    ]),
]
# (from, to, label en, label zh); a straight line between the facing sides.
ARROWS = [
    ("documents", "parse", "", ""), ("parse", "chunk", "", ""), ("chunk", "embed", "", ""),
    ("embed", "commit", "", ""), ("commit", "segments", "", ""), ("commit", "generation", "publish", "发布"),
    ("question", "retrieve", "", ""), ("generation", "retrieve", "", ""), ("segments", "retrieve", "", ""),
    ("retrieve", "prompt", "", ""), ("prompt", "answer", "", ""),
    ("answer", "ledger", "record", "记录"), ("ledger", "retrieve", "replay", "重放"),
    ("answer", "reader", "", ""),
]


def place(lane, column):
    return LEFT + column * STEP, TOP + lane * LANE_HEIGHT + (LANE_HEIGHT - BOX_HEIGHT) // 2


def ends(a, b):
    """Where a line from box a to box b leaves and arrives."""
    (ax, ay), (bx, by) = a, b
    if ay == by:
        left_to_right = ax < bx
        y = ay + BOX_HEIGHT / 2
        return (ax + BOX_WIDTH, y, bx, y) if left_to_right else (ax, y, bx + BOX_WIDTH, y)
    down = ay < by
    shift = 0 if ax == bx else (26 if ax < bx else -26)
    x1, x2 = ax + BOX_WIDTH / 2 + shift, bx + BOX_WIDTH / 2 - shift
    return (x1, ay + BOX_HEIGHT, x2, by) if down else (x1, ay, x2, by + BOX_HEIGHT)


def text(x, y, value, size, colour, anchor="middle", weight="normal"):
    return (f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{colour}" text-anchor="{anchor}" '
            f'font-weight="{weight}">{escape(value)}</text>')


def draw(chinese):
    height = TOP * 2 + LANE_HEIGHT * len(LANES)
    title = "有据：数据流" if chinese else "Grounds: data flow"
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
           'font-family="Helvetica, Arial, PingFang SC, Noto Sans CJK SC, sans-serif">',
           f"<title>{title}</title>",
           f'<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
           f'orient="auto"><path d="M0 0 8 4 0 8z" fill="{LINE}"/></marker></defs>',
           f'<rect width="{WIDTH}" height="{height}" rx="10" fill="#ffffff"/>']
    places = {}
    for number, (english, han, boxes) in enumerate(LANES):
        y = TOP + number * LANE_HEIGHT
        if number:
            out.append(f'<path d="M24 {y}H{WIDTH - 24}" stroke="#e4e7eb"/>')
        out.append(text(28, y + LANE_HEIGHT / 2 + 5, han if chinese else english, 15, SOFT, "start", "bold"))
        for key, column, kind, *labels in boxes:
            places[key] = place(number, column)
            x, top = places[key]
            first, second = labels[2:] if chinese else labels[:2]
            out.append(f'<rect x="{x}" y="{top}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="7" '
                       f'fill="{FILLS[kind]}" stroke="{LINE}"/>')
            out.append(text(x + BOX_WIDTH / 2, top + 27, first, 14, INK, weight="bold"))
            out.append(text(x + BOX_WIDTH / 2, top + 46, second, 12, SOFT))
    for source, target, english, han in ARROWS:
        x1, y1, x2, y2 = ends(places[source], places[target])
        dash = ' stroke-dasharray="5 4"' if source == "ledger" else ""
        out.append(f'<path d="M{x1:g} {y1:g}L{x2:g} {y2:g}" stroke="{LINE}" stroke-width="1.6"{dash} '
                   'marker-end="url(#tip)"/>')
        label = han if chinese else english
        if label:
            out.append(text((x1 + x2) / 2 - 16, (y1 + y2) / 2 + (10 if source == "ledger" else -6), label, 12, SOFT, "end"))
    return "\n".join([*out, "</svg>", ""])


def main():
    here = pathlib.Path(__file__).resolve().parent
    stale = False
    for name, chinese in (("data-flow.svg", False), ("data-flow.zh.svg", True)):
        picture = draw(chinese)
        if "--check" in sys.argv[1:]:
            stale |= not (here / name).exists() or (here / name).read_text(encoding="utf-8") != picture
        else:
            (here / name).write_text(picture, encoding="utf-8")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
