#!/usr/bin/env python3
"""Writes samples/formats: one small document in each format that is read, about the company of samples/docs.

The same bytes each time, with nothing but Python 3.11: tests compare extracts of these files with those in
tests/ingest/golden. Usage: samples/make_formats.py [FOLDER]
"""
import base64
import gzip
import io
import json
import struct
import sys
import tarfile
import zipfile
import zlib
from pathlib import Path

EPOCH = (2026, 1, 15, 9, 0, 0)


def pack(files, stored_first=False):
    """A ZIP archive of (name, text or bytes), with fixed times."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number, (name, content) in enumerate(files):
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_STORED if stored_first and number == 0 else zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return out.getvalue()


XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def relationships(*entries):
    items = "".join(f'<Relationship Id="{i}" Type="{OFFICE}/{t}" Target="{target}"/>' for i, t, target in entries)
    return f'{XML}<Relationships xmlns="{RELATIONSHIPS}">{items}</Relationships>'


def content_types(*parts):
    items = "".join(f'<Override PartName="{name}" ContentType="application/vnd.openxmlformats-officedocument.{kind}+xml"/>'
                    for name, kind in parts)
    return (f'{XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Default Extension="xml" ContentType="application/xml"/>{items}</Types>')


CORE = (f'{XML}<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{}</dc:title></cp:coreProperties>')


def docx():
    w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    mc = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'

    def p(text, style="", list_id=0):
        numbering = f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{list_id}"/></w:numPr>' if list_id else ""
        style = f'<w:pStyle w:val="{style}"/>' if style else ""
        return f'<w:p><w:pPr>{style}{numbering}</w:pPr><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'

    def cell(text, properties=""):
        return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(text)}</w:tc>"

    def row(*cells, header=False):
        return f'<w:tr><w:trPr>{"<w:tblHeader/>" if header else ""}</w:trPr>{"".join(cells)}</w:tr>'

    table = ('<w:tbl>' + row(cell("Region"), cell("2024"), cell("2025"), header=True)
             + row(cell("Europe"), cell("1,240"), cell("1,388"))
             + row(cell("亚洲", '<w:vMerge w:val="restart"/>'), cell("980"), cell("1,105"))
             + row(cell("", "<w:vMerge/>"), cell("note: preliminary", '<w:gridSpan w:val="2"/>')) + "</w:tbl>")
    body = "".join([
        p("Service contract", "Title"),
        p("总则", "Heading1"),
        p("Northlight maintains the meters of the customer. 本合同自2026年1月1日起施行。"),
        '<w:p><w:r><w:t>The fee is </w:t></w:r><w:del><w:r><w:delText>90</w:delText></w:r></w:del>'
        '<w:ins><w:r><w:t>120</w:t></w:r></w:ins><w:r><w:t xml:space="preserve"> per</w:t><w:br/><w:t>meter.</w:t></w:r>'
        '<w:r><w:footnoteReference w:id="2"/></w:r></w:p>',
        p("Duties", "Heading1"),
        p("Inspect once a year", list_id=2),
        p("Replace the seals", list_id=2),
        p("Report", "Heading2"),
        table,
        f'<w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent>{p("In the box.")}</w:txbxContent></mc:Choice>'
        f'<mc:Fallback><w:txbxContent>{p("In the box.")}</w:txbxContent></mc:Fallback></mc:AlternateContent>'
        '<w:t>Beside the box.</w:t></w:r></w:p>',
    ])
    styles = "".join([
        '<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/></w:style>',
        '<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr>'
        '<w:outlineLvl w:val="0"/></w:pPr></w:style>',
        '<w:style w:type="paragraph" w:styleId="Heading2"><w:name w:val="heading 2"/><w:basedOn w:val="Heading1"/>'
        '<w:pPr><w:numPr><w:ilvl w:val="1"/></w:numPr><w:outlineLvl w:val="1"/></w:pPr></w:style>'])

    def level(number, kind, text):
        return f'<w:lvl w:ilvl="{number}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{text}"/></w:lvl>'

    numbering = ('<w:abstractNum w:abstractNumId="0">' + level(0, "chineseCounting", "第%1章") + level(1, "decimal", "%1.%2")
                 + '</w:abstractNum><w:abstractNum w:abstractNumId="1">' + level(0, "lowerLetter", "%1)") + "</w:abstractNum>"
                 '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>')
    return pack([
        ("[Content_Types].xml", content_types(("/word/document.xml", "wordprocessingml.document.main"))),
        ("_rels/.rels", relationships(("r1", "officeDocument", "word/document.xml"))),
        ("word/document.xml", f"{XML}<w:document {w} {mc}><w:body>{body}</w:body></w:document>"),
        ("word/_rels/document.xml.rels", relationships(("r1", "styles", "styles.xml"), ("r2", "numbering", "numbering.xml"),
                                                       ("r3", "footnotes", "footnotes.xml"), ("r4", "header", "header1.xml"))),
        ("word/styles.xml", f"{XML}<w:styles {w}>{styles}</w:styles>"),
        ("word/numbering.xml", f"{XML}<w:numbering {w}>{numbering}</w:numbering>"),
        ("word/footnotes.xml", f'{XML}<w:footnotes {w}><w:footnote w:id="2">{p("Without tax.")}</w:footnote></w:footnotes>'),
        ("word/header1.xml", f"{XML}<w:hdr {w}>{p('NL-C-2026-014')}</w:hdr>"),
    ])


def xlsx():
    s = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    strings = ["2025 年销售", "日期", "地区", "金额（万元）", "增长", "苏州", "Leeds", "合计"]

    def text(place, index):
        return f'<c r="{place}" t="s"><v>{index}</v></c>'

    def number(place, value, style, formula=""):
        formula = f"<f>{formula}</f>" if formula else ""
        return f'<c r="{place}" s="{style}">{formula}<v>{value}</v></c>'

    sheet = (f'{XML}<worksheet {s}><sheetData>'
             f'<row r="1">{text("A1", 0)}</row>'
             f'<row r="3">{text("A3", 1)}{text("B3", 2)}{text("C3", 3)}{text("D3", 4)}</row>'
             f'<row r="4">{number("A4", 45688, 1)}{text("B4", 5)}{number("C4", 1234.5, 2)}{number("D4", 0.125, 3)}</row>'
             f'<row r="5">{number("A5", 45716, 1)}{number("C5", -320, 2)}{number("D5", 0, 3)}</row>'
             f'<row r="6">{number("A6", 45747, 1)}{text("B6", 6)}{number("C6", 98765.4321, 2)}{number("D6", -0.0305, 3)}</row>'
             f'<row r="7">{text("A7", 7)}{number("C7", 99679.9321, 2, "SUM(C4:C6)")}</row>'
             '</sheetData><mergeCells><mergeCell ref="A1:D1"/><mergeCell ref="B4:B5"/></mergeCells></worksheet>')
    notes = (f'{XML}<worksheet {s}><sheetData><row r="2"><c r="B2" t="inlineStr"><is><t>Audited by the finance team.</t></is></c></row>'
             '<row r="4"><c r="B4" t="b"><v>1</v></c></row><row r="5"><c r="B5" t="e"><v>#DIV/0!</v></c></row>'
             '</sheetData></worksheet>')
    hidden = f'{XML}<worksheet {s}><sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData></worksheet>'
    styles = (f'{XML}<styleSheet {s}><numFmts><numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/>'
              '<numFmt numFmtId="165" formatCode="#,##0.00;[Red]\\(#,##0.00\\)"/></numFmts>'
              '<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="10"/></cellXfs></styleSheet>')
    shared = "".join(f"<si><t>{text}</t></si>" for text in strings)
    return pack([
        ("[Content_Types].xml", content_types(("/xl/workbook.xml", "spreadsheetml.sheet.main"))),
        ("_rels/.rels", relationships(("r1", "officeDocument", "xl/workbook.xml"))),
        ("xl/workbook.xml", f'{XML}<workbook {s} xmlns:r="{OFFICE}"><sheets><sheet name="销售" sheetId="1" r:id="r1"/>'
                            '<sheet name="Lists" sheetId="2" state="hidden" r:id="r2"/><sheet name="Notes" sheetId="3" r:id="r3"/>'
                            '</sheets></workbook>'),
        ("xl/_rels/workbook.xml.rels", relationships(("r1", "worksheet", "worksheets/sheet1.xml"), ("r2", "worksheet", "worksheets/sheet2.xml"),
                                                     ("r3", "worksheet", "worksheets/sheet3.xml"), ("r4", "sharedStrings", "sharedStrings.xml"),
                                                     ("r5", "styles", "styles.xml"))),
        ("xl/worksheets/sheet1.xml", sheet), ("xl/worksheets/sheet2.xml", hidden), ("xl/worksheets/sheet3.xml", notes),
        ("xl/sharedStrings.xml", f"{XML}<sst {s}>{shared}</sst>"), ("xl/styles.xml", styles),
    ])


def pptx():
    ns = ('xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
          'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
          f'xmlns:r="{OFFICE}"')

    def shape(kind, *lines):
        paragraphs = "".join(f'<a:p><a:pPr lvl="{level}"/><a:r><a:t>{text}</a:t></a:r></a:p>' for level, text in lines)
        return f'<p:sp><p:nvSpPr><p:nvPr><p:ph type="{kind}"/></p:nvPr></p:nvSpPr><p:txBody>{paragraphs}</p:txBody></p:sp>'

    def slide(*shapes):
        return f'{XML}<p:sld {ns}><p:cSld><p:spTree>{"".join(shapes)}</p:spTree></p:cSld></p:sld>'

    def cell(text):
        return f"<a:tc><a:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></a:txBody></a:tc>"

    table = ('<p:graphicFrame><a:graphic><a:graphicData><a:tbl>' + "".join(
        f'<a:tr>{"".join(cell(text) for text in row)}</a:tr>' for row in [("型号", "Range"), ("XL-200", "0–50 m³/h"), ("VM-50", "10 Hz")])
        + '</a:tbl></a:graphicData></a:graphic></p:graphicFrame>')
    notes = f'{XML}<p:notes {ns}><p:cSld><p:spTree>{shape("body", (0, "Say that orders close on 31 March."))}</p:spTree></p:cSld></p:notes>'
    return pack([
        ("[Content_Types].xml", content_types(("/ppt/presentation.xml", "presentationml.presentation.main"))),
        ("_rels/.rels", relationships(("r1", "officeDocument", "ppt/presentation.xml"))),
        ("ppt/presentation.xml", f'{XML}<p:presentation {ns}><p:sldIdLst><p:sldId id="256" r:id="r2"/><p:sldId id="257" r:id="r1"/>'
                                 '</p:sldIdLst></p:presentation>'),
        ("ppt/_rels/presentation.xml.rels", relationships(("r1", "slide", "slides/slide1.xml"), ("r2", "slide", "slides/slide2.xml"))),
        # The order is that of the list, not of the file names.
        ("ppt/slides/slide1.xml", slide(table, shape("title", (0, "产品")), shape("sldNum", (0, "2")))),
        ("ppt/slides/slide2.xml", slide(shape("ctrTitle", (0, "Spring launch")),
                                        shape("body", (0, "Two new meters"), (1, "XL-300 in May"), (0, "Prices stay")))),
        ("ppt/slides/_rels/slide2.xml.rels", relationships(("r1", "notesSlide", "../notesSlides/notesSlide1.xml"))),
        ("ppt/notesSlides/notesSlide1.xml", notes),
    ])


def open_document(kind, body, title):
    names = "".join(f' xmlns:{p}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for p, n in
                    [("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"), ("presentation", "presentation"), ("meta", "meta")])
    mime = f"application/vnd.oasis.opendocument.{kind}"
    return pack([
        ("mimetype", mime),
        ("content.xml", f"{XML}<office:document-content{names}><office:body>{body}</office:body></office:document-content>"),
        ("meta.xml", f'{XML}<office:document-meta{names} xmlns:dc="http://purl.org/dc/elements/1.1/"><office:meta><dc:title>{title}</dc:title>'
                     "</office:meta></office:document-meta>"),
        ("META-INF/manifest.xml", f'{XML}<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
                                  f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{mime}"/></manifest:manifest>'),
    ], stored_first=True)


def odt():
    return open_document("text", "<office:text><text:h text:outline-level=\"1\">Cleaning the sensor</text:h>"
                         "<text:p>Use water<text:s text:c=\"2\"/>only.<text:line-break/>不要使用酒精。</text:p>"
                         "<text:list><text:list-item><text:p>Open the valve</text:p></text:list-item>"
                         "<text:list-item><text:p>Wait for 5 minutes</text:p></text:list-item></text:list>"
                         "<table:table table:name=\"T\"><table:table-row><table:table-cell><text:p>Part</text:p></table:table-cell>"
                         "<table:table-cell><text:p>Interval</text:p></table:table-cell></table:table-row>"
                         "<table:table-row><table:table-cell><text:p>Seal</text:p></table:table-cell>"
                         "<table:table-cell><text:p>12 months</text:p></table:table-cell></table:table-row></table:table>"
                         "</office:text>", "Sensor care")


def ods():
    def row(*cells, repeat=1):
        inner = "".join(f"<table:table-cell><text:p>{text}</text:p></table:table-cell>" if text else "<table:table-cell/>" for text in cells)
        return f'<table:table-row table:number-rows-repeated="{repeat}">{inner}</table:table-row>'

    sheet = ('<table:table table:name="库存">' + row("Part", "Stock", "Place") + row("Seal", "1,200", "A-3")
             + '<table:table-row><table:table-cell table:number-columns-repeated="2"><text:p>7</text:p></table:table-cell></table:table-row>'
             + '<table:table-row table:number-rows-repeated="1048570"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
             + "</table:table>")
    return open_document("spreadsheet", f"<office:spreadsheet>{sheet}</office:spreadsheet>", "")


def odp():
    def page(title, text):
        return (f'<draw:page draw:name="{title}"><draw:frame presentation:class="title"><draw:text-box><text:p>{title}</text:p></draw:text-box></draw:frame>'
                f'<draw:frame presentation:class="outline"><draw:text-box><text:list><text:list-item><text:p>{text}</text:p></text:list-item></text:list>'
                '</draw:text-box></draw:frame></draw:page>')

    return open_document("presentation", "<office:presentation>" + page("Safety", "Wear goggles") + page("安全", "断电后再打开外壳")
                         + "</office:presentation>", "Laboratory safety")


def pdf_objects(objects):
    out = io.BytesIO()
    out.write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(out.tell())
        out.write(f"{number} 0 obj\n".encode() + content + b"\nendobj\n")
    start = out.tell()
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    out.writelines(f"{place:010d} 00000 n \n".encode() for place in places)
    out.write(f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode())
    return out.getvalue()


def stream(content, extra=b""):
    return b"<< /Length " + str(len(content)).encode() + extra + b" >>\nstream\n" + content + b"\nendstream"


def pdf_text(x, y, text, font="F1", size=11):
    if font == "F2":  # UTF-16, as the font's encoding has it
        shown = "<" + text.encode("utf-16-be").hex() + ">"
    else:
        shown = "(" + text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)") + ")"
    return f"BT /{font} {size} Tf {x} {y} Td {shown} Tj ET\n"


def pdf():
    first = pdf_text(72, 760, "Annual report 2025", size=18) + pdf_text(72, 720, "Northlight sold 4,310 flow meters in 2025,")
    first += pdf_text(72, 706, "which is 12 % more than in the year before.")
    for line, row in enumerate([("", "2024", "2025"), ("Net sales", "31,250", "35,020"), ("Operating income", "2,904", "3,377")]):
        for x, cell in zip((72, 300, 400), row):
            if cell:
                first += pdf_text(x, 660 - 16 * line, cell)
    second = pdf_text(72, 760, "第二章 人员", "F2", 14) + pdf_text(72, 730, "公司在苏州有员工二百一十四人。", "F2")
    second += pdf_text(72, 700, "On page two stands the head count.")
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> /Contents %d 0 R >>"
    return pdf_objects([
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 >>", page % 9, page % 10,
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [7 0 R] >>",
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >>"
        b" /FontDescriptor 8 0 R /DW 1000 >>",
        b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [0 -200 1000 900] /ItalicAngle 0 /Ascent 880 /Descent -120"
        b" /CapHeight 880 /StemV 93 >>",
        stream(first.encode("latin-1")), stream(second.encode("latin-1")),
    ])


# A scanned delivery note, in English and Chinese: one bit a dot, 625 x 355, by zlib, in base 85.
SCAN_WIDTH, SCAN_HEIGHT = 625, 355
SCAN = base64.b85decode(
    'c-rmU&uSyd836E71lu_*uASQs7+02kfti~I6jdOBJ?0I<z#jHGd((hX$tY~kVVTO3OBR;+O_DY}Oc4m^5w_)8M#t?QA5vnA`tp6%l5N@2SelspA!V@Dma2cM'
    '|E>O1-2nIbGls+^E^&!VT;dX!xWpwcafwS@;u80N%V~Q*oMU%zUXB?D4Ip;mYL>m5bHoJ>en+koxeeJ;SDfeIcH>4&y_2gY0IxYzyKzv-cXITys5lfma_&wp'
    'h?2usJ94p(H*l`yULhw9hnG8Yf%^`&Y!1eC;qViBgJA|^S!Fdf`tK#?^Lq||*^$GFW=h)<@`}O7k6;G=X*V!lWd$|**OKzdvBbM_)iW8nqEa74?$;fEkX6}9'
    'fe8+ggMGMs<^^%Obh7Kfg6A_QCr;(Hf`DATA6EwCX25eVGp9;yoEbhi#j%v3FQM6wGthE6NFF)aI6zTgU-8Ehi@z6_qhuQpJP7WUA+APlBs|s|a`rvAI<%b3'
    '*SH#g%YTK_Yg~iBW<L(63~im4jFGtH8aHAL>kYa5eYoQ#$Je+LIsIOoA`XOD;|y|qFOKIl8~dS(yYVZIfc$;AUdtVbtEQk-tV>6U-MO&h+FZPpH@UDMCn6Uf'
    'wcJ-Xxokhq%QA8wwH@M>ii1qyAmi<UaX+p`4qFx;Ku*1+SaLK4U^DE^6>3H^3UsKCtvDYiD4O4qlY4NCL7YCJ3pjn^0T3d0khymHjNF(B>V&&+U5JxAOaLeM'
    '6^E0%ZzuPCIqYW)BIi2DHIc(ZPsr+S<oq7ot)J$8Ki|#nm$UcFmG{f#_seDX%GLaSIdQL?OJ_ZaOI+d-m$<|wE^&!VT;dX!xWxT;a?5DU<gQQvMc?#QqUHuy'
    'wBM7hxbFROVvYN8Z?1Y5H{Zg+R*vHHS6q;5ocYglUY%al(w_Q|fy+dtq*=hlq=HJZka<%n5OeSO!qgJNfh<6Or)(|fqJa9#4IH-xx7xW5xULurft>9WYAl%R'
    'xXD<6C|%ukdBMT`Ofsnt74C5^m@FRO;sSD$9J#up++|!$8aRLUo#dR=mCG{@r=_cAF3WSMpA8NKa%PfOM@J$*xy?y#w6(gKIjTEhh^yRSAaXNvP6`9MY%Ff^'
    '5*jy<S|3T=W9B8-XScaQW`wn-v0ep<DNp}+K@s<XG={!*5OdHcjd4y13ytrq$O+_>7PAf97e+M5nU=HqkCwjH!hMV(4x92@d~pcKS>z0ITF|?1;$ZN_lsJ3I'
    'J;2=@V11j208GEVz^xz~uz@%sh;v{zaYtX!i}s3p(sHtlTo==PYl*|1SDYYD<zhoOKK%S8>mXM!8RVg~(<k%Dv92jt4+;t9V>@QUz&gnFSf<745$@qwwvoGt'
    '9PW#`qar>rSKN@Ip{9R>)9>KEyEqkK8)Ik)VeVe{T228zg`FpZd4G;uG`^^?IHSD8!H7v<6ZiFnAZ{8tth+bI)9W0juzj=6y<Tw}n&L%6+(O^rj^rhG-v5lY'
    'u#KsstT?YWa(`RI_o9Uh#FgjAdc|4d=J0m(+a)(^xmRjCcjhDxGI!dJ3Sp{a9yt+5MUV#S5ywFWoJIu=GVz1LJ-pQXY$KPK){7>NS+464D@O3#G>C|txLNHW'
    'FQKjnm_k&zZ3Ct_*~k?ca*h!<<|}T@3&$KVPF&q_P-Jm}62##iz(n!jHiw0*IcD8=i7VuaD`e%nj#fY5KeSZ|@E^zm2W*YK(ZX0&kJE>W#3e3qiA!AK5|_Bd'
    'B`$HB!Z~Y8q3&2d<F<2pN3M`@72qarL4T(Eabp2hyTtomIL_~rqjj*AsyA}+WM1#b;Ti5Wu8=1XIwpe?;z9;zP+8Am?m%|ovFDB=Z_`DHDV(^NMDAR^m6iIt'
    '>f+05+<>XjdEE&NPs(Y1AXCMsRTt)U=(F&Py6eVjER1t8MU`1P>9xq6%dvRT@3^sC<NAFWI<KDk9<AK1>u@OZ?(7U~9eTadC)Lay%8VOVKl6PFWqJNc5oeJ*'
    '5HE(0@a46-qs6EC%()S9Gk2^6FHM8osOJY10vHKljBEUm657hQoOm;kdgA<WAl5k$v?M(~KwQ@=N(wK&JsySul@cga=9)mkE#1sk+-v0Wrj4N8=9(1;T3Br8'
    'i}Pbe96oU*EpjpNAzH2kt6yVj^7h&5T!V@>OU{HIyp*=Y=id+~uW^(xM(u)_AomhEeFs<i$W_GkvDL4*TGqfp)D(>2U9i)avgX^lI$qCGupT>*w&u{xd!7yC'
    'm<{2OINzld!Vx$A6s-BPWL(d-bK;8gU09f&8!S169Iz{{z@{)qgG_JdnmEW}fDIe&1l+V&Q{91Ua|abgoZG_UD75pVzTBC^I+;FfmRzhm@R4gGXTaJ4g=lZr'
    'ox>Ww<R~H*1pW2XZ*FkIHST;XCx~;G9EkEq+*^M`(Xf^)O$~uK9XWi~z8yslJJuGCnquaUl@_H&PE3fSI2%RY>KKp)J&XNL(-`clOxF|$KE1}(9tUfV9RVN4'
    'o!T7_1fP@*admwpDb6OiE{ld<0aM0)M<K6KfAE=h!{O>1ljS8=M>y{k#sx-;lpVvzF-=fGl&<@Mq&S-x^Xlg{y+UC&>UYG20Xx&4xf`5h0B6*%XiYnIxUnie'
    'uQTF2|3Ffljbd;g`wpd`z?`Dh;mFC(Ooz@5E`3HxT;dX!xWpwcafwUZzmb~<brt2&v{-5Nk6%8F==x~2F&=cAGk%>b@gL8a@Ygv!Klm$MQ(uXFxoX9!6?d!v'
    '&l5!C_+Ff#3-Jx*>okaKT<xF9mYeRu1vv-*E7qml0dKj`Kc>YBEZ#t1{wLO{S$jW)cXMOL;#oeP({>`KR~(*<ow%&!{;&_{)r`0<6&9wK9OE54Gl|?sM2YQ%'
    '#rI;Dh4reA6^J{Yt~v^F2Txw9Dcv?;9v6k}%DH$)gn^2Mz2u%T{@m}#tu@7h0*81~e7zfo{+B^6A}8UEl)G~Qb1HOb<2IFCaZiy8j7M(tWIv8iywU}3R6Q1N'
    'h(Vk}PPE+fyE(_&Yi&ap$Hi>9{P2qV4RZ0sT)=#=BezO2U0_FvTm2RH;qnF;#2xO*eIMfkSZKJcyAO|{qULW-aa1&WwCwWdr*-ak!<Ms}23dD^F7CB30?*8+'
    'SKO%A21JN^aR-M2R?$svEq9~GbngnBXbsHu0`}v=ElxcE+u%QDUyd^2zr0b{p6a$-Ztv#SjsUl~DfMkNX*rGD!Sg9`f$z$>=2~HM9Jx&8EhifI;pn-EQ%<&x'
    'qlIcWxw!W9mnckdmN{H<K{$BRe?BK}aj}gnom%6XizWBC<-Di5v&c!O=6+#``)Mmjw|cn2J;cIh(DCgx;eOPC3rj~HFXwL25O?v@HjdLR7UHpx3F53Z4{PEw'
    '<Syco>=D3MS-dO5yjd(_?zVA3P<>x=4m+!PNQDh_B%`ky{BWoOKcQ>uv-!osQP+CDt*|cMVB}giHcQUaahBFE`=?&klJ3X=lexWvtK%j8*Ep?Bho;Y<+I|PV'
    '8#n{cv2UEs|IseE+uBhYXqP8mHpTQ5CXu6IO1;&81{(L)_<`eM4lQ>_H=eH^{Iw@>Tec71U!}Y2Lq+;9o4CX!E^&!VT;dX!xWpwcafwS@;u4p*{~7L|mYpKJ')


def scanned_pdf():
    """Three pages: an image of text, one with a text layer, and an image of nothing."""
    image = b" /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /FlateDecode"
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 170] /Resources << /XObject << /I %d 0 R >> /Font << /F1 11 0 R >> >> /Contents %d 0 R >>"
    draw = b"300 0 0 170 0 0 cm /I Do"
    blank = zlib.compress(b"\xff" * 8 * 64, 9)
    return pdf_objects([
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R 4 0 R 5 0 R] /Count 3 >>",
        page % (9, 6), page % (9, 7), page % (10, 8),
        stream(draw), stream(pdf_text(20, 90, "Signed in Leeds.").encode()), stream(draw),
        stream(SCAN, image % (SCAN_WIDTH, SCAN_HEIGHT)), stream(blank, image % (64, 64)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ])


def scanned_png():
    """The same delivery note as an image."""
    def part(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    width = (SCAN_WIDTH + 7) // 8
    dots = zlib.decompress(SCAN)
    rows = b"".join(b"\0" + dots[at:at + width] for at in range(0, len(dots), width))
    return (b"\x89PNG\r\n\x1a\n" + part(b"IHDR", struct.pack(">IIBBBBB", SCAN_WIDTH, SCAN_HEIGHT, 1, 0, 0, 0, 0)) +
            part(b"IDAT", zlib.compress(rows, 9)) + part(b"IEND", b""))


def eml():
    csv = "型号,单价（元）\nXL-200,4800\n".encode("gb18030")
    lines = [
        "Return-Path: <chen@northlight.example>", "Date: Tue, 13 Jan 2026 09:30:00 +0800",
        "From: =?GB2312?B?" + base64.b64encode("陈工".encode("gb2312")).decode() + "?= <chen@northlight.example>",
        "To: service@northlight.example", "Subject: =?UTF-8?B?" + base64.b64encode("价格表".encode()).decode() + "?=",
        " =?UTF-8?Q?_2026?=", "MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="outer"', "", "preamble", "--outer",
        'Content-Type: multipart/alternative; boundary="inner"', "", "--inner", "Content-Type: text/plain; charset=gb2312",
        "Content-Transfer-Encoding: base64", "",
        base64.b64encode("附件是新的价格表，2 月 1 日起生效。请转告各位同事。".encode("gb2312")).decode(),
        "--inner", "Content-Type: text/html; charset=utf-8", "Content-Transfer-Encoding: quoted-printable", "",
        "<p>=E9=99=84=E4=BB=B6</p>", "--inner--", "--outer", "Content-Type: text/csv; charset=gb2312",
        "Content-Disposition: attachment;", " filename*0*=gb2312''%BC%DB%B8%F1;", " filename*1*=%B1%ED.csv",
        "Content-Transfer-Encoding: base64", "", base64.b64encode(csv).decode(), "--outer", "Content-Type: message/rfc822", "",
        "From: a@northlight.example", "Subject: earlier", "", "Please send the prices.", "--outer--", ""]
    return "\r\n".join(lines).encode()


def mbox():
    return ("From a@northlight.example Mon Jan 12 10:00:00 2026\nFrom: a@northlight.example\nSubject: Valve 7\n"
            "Date: Mon, 12 Jan 2026 10:00:00 +0000\n\nThe valve leaks.\n>From the seal, I think.\n\n"
            "From b@northlight.example Mon Jan 12 11:00:00 2026\nFrom: b@northlight.example\nSubject: Re: Valve 7\n"
            "Date: Mon, 12 Jan 2026 11:00:00 +0000\n\nFrom tomorrow on it is replaced.\n").encode()


def rtf():
    gbk = "".join(f"\\'{byte:02x}" for byte in "维修记录".encode("gbk"))
    return ("{\\rtf1\\ansi\\ansicpg936\\uc1{\\fonttbl{\\f0\\fnil\\fcharset134 SimSun;}{\\f1\\fnil\\fcharset0 Arial;}}"
            "{\\stylesheet{\\s0 Normal;}{\\s1 heading 1;}}{\\info{\\title Repairs}}"
            f"\\pard\\s1\\f0 {gbk}\\par\\pard\\s0\\f1 Sensor \\u28201?\\u24230? replaced, cost \\u8364?\\ldblquote 40\\rdblquote .\\par"
            "\\trowd\\pard\\intbl Date\\cell Work\\cell\\row\\pard\\intbl 2026-01-09\\cell Seal\\cell\\row\\pard Done.\\par}").encode()


def epub():
    def chapter(title, text):
        return f'{XML}<html xmlns="http://www.w3.org/1999/xhtml"><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>'

    return pack([
        ("mimetype", "application/epub+zip"),
        ("META-INF/container.xml", f'{XML}<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
                                   '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'),
        ("OEBPS/book.opf", f'{XML}<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
                           '<dc:title>Flow measurement</dc:title></metadata><manifest><item id="b" href="two%20.xhtml" media-type="application/xhtml+xml"/>'
                           '<item id="a" href="one.xhtml" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/><itemref idref="b"/></spine></package>'),
        ("OEBPS/two .xhtml", chapter("Second", "A turbine turns.")), ("OEBPS/one.xhtml", chapter("First", "Fluids flow.")),
    ], stored_first=True)


def mhtml():
    return ("From: <Saved by a browser>\r\nSubject: Prices\r\nMIME-Version: 1.0\r\n"
            'Content-Type: multipart/related; type="text/html"; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n'
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n<html><head><title>Price list</title></head><body><h1>Prices</h1>"
            "<p>XL-200: =C2=A5 4=\r\n800</p></body></html>\r\n--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            "iVBORw0KGgo=\r\n--b--\r\n").encode()


def ofd():
    ns = 'xmlns:ofd="http://www.ofdspec.org/2016"'

    def text(x, y, content, size=4):
        return (f'<ofd:TextObject Boundary="{x} {y} 100 6" Size="{size}"><ofd:TextCode X="0" Y="4">{content}</ofd:TextCode></ofd:TextObject>')

    def page(*texts):
        return f'{XML}<ofd:Page {ns}><ofd:Content><ofd:Layer>{"".join(texts)}</ofd:Layer></ofd:Content></ofd:Page>'

    return pack([
        ("OFD.xml", f"{XML}<ofd:OFD {ns}><ofd:DocBody><ofd:DocInfo><ofd:Title>电子发票</ofd:Title></ofd:DocInfo>"
                    "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"),
        ("Doc_0/Document.xml", f'{XML}<ofd:Document {ns}><ofd:Pages><ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/>'
                               '<ofd:Page ID="2" BaseLoc="Pages/Page_1/Content.xml"/></ofd:Pages></ofd:Document>'),
        ("Doc_0/Pages/Page_0/Content.xml", page(text(60, 10, "电子发票", 7), text(80, 30, "4,800.00"), text(10, 30, "金额"), text(10, 36, "税额"),
                                                text(80, 36, "624.00"))),
        ("Doc_0/Pages/Page_1/Content.xml", page(text(10, 10, "第二页：备注"))),
    ])


def zip_of_documents():
    """Names in GBK, without the flag for UTF-8, as Chinese Windows writes them."""
    files = [("合同/付款条款.txt", "付款条款\n\n货到三十天内付款。\n".encode("gbk")), ("readme.md", b"# Contents\n\nTwo documents.\n"),
             ("photo.bin", bytes(range(256)))]
    out, directory = io.BytesIO(), io.BytesIO()
    for name, content in files:
        raw, packed, crc = name.encode("gbk"), zlib.compress(content, 9)[2:-4], zlib.crc32(content)
        common = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0x4800, 0x5C2F, crc, len(packed), len(content), len(raw), 0)
        directory.write(b"PK\1\2" + struct.pack("<H", 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, out.tell()) + raw)
        out.write(b"PK\3\4" + common + raw + packed)
    start = out.tell()
    out.write(directory.getvalue())
    out.write(b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, len(files), len(files), len(directory.getvalue()), start, 0))
    return out.getvalue()


def compound(streams):
    """An OLE compound file ([MS-CFB], version 3) of streams {path: bytes}; a path may name one storage."""
    sector, small, limit, end, free = 512, 64, 4096, 0xFFFFFFFE, 0xFFFFFFFF

    def padded(content, size):
        return content.ljust((len(content) + size - 1) // size * size, b"\0")

    def append(table, content, size):
        """Adds the chain of sectors that the content takes to an allocation table; its first sector."""
        first, count = len(table), (len(content) + size - 1) // size
        table += [first + i + 1 for i in range(count - 1)] + [end] * min(count, 1)
        return first if count else end

    storages = sorted({path.split("/")[0] for path in streams if "/" in path})
    entries = [("Root Entry", 5, b"", None)] + [(name, 1, b"", None) for name in storages]
    for path, content in sorted(streams.items()):
        folder, _, name = path.rpartition("/")
        entries.append((name, 2, content, folder or None))
    data, table, mini, mini_table, starts = b"", [], b"", [], {}
    for number, (_, kind, content, _) in enumerate(entries):
        if kind == 2 and len(content) < limit:
            starts[number] = append(mini_table, content, small)
            mini += padded(content, small)
        elif kind == 2:
            starts[number] = append(table, content, sector)
            data += padded(content, sector)
    starts[0] = append(table, mini, sector)
    data += padded(mini, sector)
    raw_mini_table = padded(struct.pack(f"<{len(mini_table)}I", *mini_table), sector)
    first_mini_table = append(table, raw_mini_table, sector)
    data += raw_mini_table
    children = {0: [n for n, e in enumerate(entries) if n and e[3] is None]}
    for number, (name, kind, _, _) in enumerate(entries):
        if kind == 1:
            children[number] = [n for n, e in enumerate(entries) if e[3] == name]
    siblings = {}
    for members in children.values():  # a tree that leans to the right is a tree
        for one, other in zip(members, members[1:] + [free]):
            siblings[one] = other
    directory = b""
    for number, (name, kind, content, _) in enumerate(entries):
        raw = name.encode("utf-16-le")
        child = (children.get(number) or [free])[0]
        directory += (raw.ljust(64, b"\0") + struct.pack("<HBBIII", len(raw) + 2, kind, 1, free, siblings.get(number, free), child)
                      + bytes(36) + struct.pack("<IQ", starts.get(number, 0), len(mini) if number == 0 else len(content)))
    directory = padded(directory, sector)
    first_directory = append(table, directory, sector)
    data += directory
    table_sectors = 1
    while (len(table) + table_sectors) * 4 > table_sectors * sector:
        table_sectors += 1
    first_table = len(table)
    table += [0xFFFFFFFD] * table_sectors
    raw_table = struct.pack(f"<{len(table)}I", *table).ljust(table_sectors * sector, b"\xff")
    header = (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
              + struct.pack("<IIIIIIIII", 0, table_sectors, first_directory, 0, limit, first_mini_table, len(raw_mini_table) // sector, end, 0))
    header += struct.pack("<109I", *([first_table + i for i in range(table_sectors)] + [free] * (109 - table_sectors)))
    return header + data + raw_table


def msg():
    def wide(text):
        return text.encode("utf-16-le")

    attachment = "__attach_version1.0_#00000000"
    body = "The meter in Leeds shows E-42. 请尽快处理。\r\n"
    return compound({
        "__properties_version1.0": bytes(32), "__substg1.0_0037001F": wide("Error E-42"), "__substg1.0_0C1A001F": wide("Li Wei"),
        "__substg1.0_0E04001F": wide("service@northlight.example"), "__substg1.0_1000001F": wide(body),
        "__substg1.0_007D001F": wide("Date: Wed, 14 Jan 2026 08:00:00 +0800\r\n"),
        f"{attachment}/__substg1.0_3707001F": wide("log.txt"), f"{attachment}/__substg1.0_37010102": b"E-42 at 07:58\nE-42 at 07:59\n",
    })


def xls():
    """A workbook of BIFF 8: strings, a date, merged cells, a formula's last value."""
    def record(kind, content=b""):
        return struct.pack("<HH", kind, len(content)) + content

    def text(value):
        return struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")

    def short_text(value):
        return struct.pack("<BB", len(value), 1) + value.encode("utf-16-le")

    strings = ["日期", "地区", "金额（万元）", "苏州", "Leeds"]
    start = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0))
    body = (record(0x41E, struct.pack("<H", 164) + text("#,##0.00"))
            + b"".join(record(0xE0, struct.pack("<HH", 0, kind) + bytes(16)) for kind in (0, 14, 164))
            + record(0xFC, struct.pack("<II", len(strings), len(strings)) + b"".join(text(value) for value in strings)))
    name = short_text("销售")
    size = len(start) + len(record(0x85, bytes(6) + name)) + len(body) + 4
    globals_part = start + record(0x85, struct.pack("<IH", size, 0) + name) + body + record(0x0A)
    cells = b"".join(record(0xFD, struct.pack("<HHHI", 0, column, 0, column)) for column in range(3))
    cells += record(0x27E, struct.pack("<HHHI", 1, 0, 1, 45688 << 2 | 2)) + record(0xFD, struct.pack("<HHHI", 1, 1, 0, 3))
    cells += record(0x203, struct.pack("<HHHd", 1, 2, 2, 1234.5))
    cells += record(0x27E, struct.pack("<HHHI", 2, 0, 1, 45716 << 2 | 2)) + record(0x27E, struct.pack("<HHHI", 2, 2, 2, (-32000 << 2 & 0xFFFFFFFF) | 3))
    cells += record(0x06, struct.pack("<HHHdHIH", 3, 2, 2, 914.5, 0, 0, 0))
    sheet = (record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0)) + cells
             + record(0xE5, struct.pack("<HHHHH", 1, 1, 2, 1, 1)) + record(0x0A))
    return compound({"Workbook": globals_part + sheet})


def ppt():
    def record(kind, content, version=0, instance=0):
        return struct.pack("<HHI", instance << 4 | version, kind, len(content)) + content

    def text(kind, value):
        return record(3999, struct.pack("<I", kind)) + record(4000, value.encode("utf-16-le"))

    slides = (record(1011, bytes(20)) + text(0, "Spring launch") + text(1, "Two new meters\rPrices stay")
              + record(1011, bytes(20)) + text(0, "产品") + record(3999, struct.pack("<I", 4)) + record(4008, b"XL-300 in May"))
    return compound({"PowerPoint Document": record(1000, record(4080, slides, 0xF, 0), 0xF), "Current User": bytes(20)})


def dbf():
    fields = [("NAME", "C", 12), ("PRICE", "N", 8), ("SINCE", "D", 8)]
    rows = [("XL-200", "4800", "20250101"), ("阀门", "260.5", "20251231")]
    head = b"".join(name.encode().ljust(11, b"\0") + kind.encode() + bytes(4) + bytes([size, 0]) + bytes(14) for name, kind, size in fields)
    width = 1 + sum(size for _, _, size in fields)
    out = struct.pack("<BBBBIHH", 3, 126, 1, 15, len(rows), 32 + len(head) + 1, width) + bytes(20) + head + b"\r"
    for row in rows:
        out += b" " + b"".join(value.encode("gbk").ljust(size) for value, (_, _, size) in zip(row, fields))
    return out + b"\x1a"


def xlsb():
    """A binary workbook ([MS-XLSB]): shared strings, a date, a grouped amount, a formula's value, a merged title."""
    def number(value, most):
        out = b""
        for _ in range(most):
            out += bytes([value & 0x7F | (0x80 if value > 0x7F else 0)])
            value >>= 7
            if not value:
                return out

    def record(kind, content=b""):
        return number(kind, 2) + number(len(content), 4) + content

    def text(value):
        raw = value.encode("utf-16-le")
        return struct.pack("<I", len(raw) // 2) + raw

    def cell(kind, column, style, value):
        return record(kind, struct.pack("<II", column, style) + value)

    strings = ["2025 年库存", "日期", "部件", "数量（件）", "阀门"]
    shared = b"".join(record(19, b"\0" + text(value)) for value in strings)
    styles = (record(44, struct.pack("<H", 164) + text('yyyy"-"mm"-"dd')) + record(617) +
              b"".join(record(47, struct.pack("<HH", 0, form) + bytes(12)) for form in (0, 164, 3)) + record(618))
    sheet = record(0, struct.pack("<I", 0)) + cell(7, 0, 0, struct.pack("<I", 0))
    sheet += record(0, struct.pack("<I", 2)) + b"".join(cell(7, column, 0, struct.pack("<I", column + 1)) for column in range(3))
    sheet += (record(0, struct.pack("<I", 3)) + cell(2, 0, 1, struct.pack("<I", 45688 << 2 | 2)) + cell(7, 1, 0, struct.pack("<I", 4)) +
              cell(5, 2, 2, struct.pack("<d", 12345)))
    sheet += (record(0, struct.pack("<I", 4)) + cell(2, 0, 1, struct.pack("<I", 45716 << 2 | 2)) + cell(6, 1, 0, text("Seal")) +
              cell(9, 2, 2, struct.pack("<d", 678)))
    sheet += record(176, struct.pack("<IIII", 0, 0, 0, 2))
    workbook = record(153, struct.pack("<II", 0, 0)) + record(156, struct.pack("<II", 0, 1) + text("r1") + text("库存"))
    return pack([
        ("[Content_Types].xml", content_types(("/xl/workbook.bin", "sheet.binary.main"))),
        ("_rels/.rels", relationships(("r1", "officeDocument", "xl/workbook.bin"))), ("xl/workbook.bin", workbook),
        ("xl/_rels/workbook.bin.rels", relationships(("r1", "worksheet", "worksheets/sheet1.bin"), ("r2", "sharedStrings", "sharedStrings.bin"),
                                                     ("r3", "styles", "styles.bin"))),
        ("xl/worksheets/sheet1.bin", sheet), ("xl/sharedStrings.bin", shared), ("xl/styles.bin", styles),
    ])


def keynote():
    """A presentation of Keynote '09: a slide of a kind that all have, and two of its own."""
    def slide(title, body, notes=""):
        notes = f"<key:notes><sf:text-body><sf:p>{notes}</sf:p></sf:text-body></key:notes>" if notes else ""
        return (f"<key:slide><key:stylesheet><sf:p>style</sf:p></key:stylesheet><key:title-placeholder><sf:text-body><sf:p>{title}</sf:p>"
                f"</sf:text-body></key:title-placeholder><key:body-placeholder><sf:text-body><sf:p>{body}</sf:p></sf:text-body>"
                f"</key:body-placeholder>{notes}</key:slide>")
    index = ('<?xml version="1.0"?><key:presentation xmlns:sf="http://developer.apple.com/namespaces/sf" '
             'xmlns:key="http://developer.apple.com/namespaces/keynote2"><key:master-slides><key:master-slide><sf:text-body>'
             "<sf:p>Click to edit</sf:p></sf:text-body></key:master-slide></key:master-slides><key:slide-list>" +
             slide("Launch of the XL-300", "Flow up to 300 m³/h<sf:br/>Ready in June", "Thank the team.") + slide("价格", "4,950 元") +
             "</key:slide-list></key:presentation>")
    return pack([("index.apxl", index)])


def tar_gz():
    """An archive that is no ZIP."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, content in (("minutes/june.md", "# June\n\nThe board met in Hull.\n"), ("minutes/parts.csv", "Part,Stock\nSeal,7\n")):
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content.encode()), 1768467600
            archive.addfile(info, io.BytesIO(content.encode()))
    return gzip.compress(out.getvalue(), 9, mtime=0)


def doc():
    """A Word 97 document of one piece: the header's fields that say where the text is, and the text."""
    text = "Service contract\rThe seal is changed each spring.\r合同有效期两年。\r".encode("utf-16-le")
    header = bytearray(512)
    struct.pack_into("<HH", header, 0, 0xA5EC, 0x00C1)
    struct.pack_into("<H", header, 10, 0x1000)  # characters of 16 bits
    struct.pack_into("<II", header, 24, 512, 512 + len(text))
    return compound({"WordDocument": bytes(header) + text.ljust(4096, b"\0")})


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent / "formats")
    folder.mkdir(parents=True, exist_ok=True)
    records = [{"id": 1, "part": "Seal", "stock": 1200}, {"id": 2, "part": "阀门", "stock": 7}]
    notebook = {"nbformat": 4, "cells": [
        {"cell_type": "markdown", "source": ["# Calibration\n", "\n", "Mean of three runs."]},
        {"cell_type": "code", "source": "sum(runs) / 3", "outputs": [{"data": {"text/plain": ["41.7"]}}]}]}
    ticket = {"ticket": "T-17", "open": True, "customer": {"name": "Harbour", "sites": ["Hull", "Leeds"]},
              "events": [{"at": "2026-01-12", "what": "reported"}, {"at": "2026-01-13", "what": "visited"}]}
    files = {
        "contract.docx": docx(), "sales.xlsx": xlsx(), "launch.pptx": pptx(), "care.odt": odt(), "stock.ods": ods(), "safety.odp": odp(),
        "report.pdf": pdf(), "scan.pdf": scanned_pdf(), "note.png": scanned_png(), "prices.eml": eml(), "valve.mbox": mbox(), "repairs.rtf": rtf(), "flow.epub": epub(),
        "prices.mhtml": mhtml(), "invoice.ofd": ofd(), "documents.zip": zip_of_documents(), "error.msg": msg(),
        "stock.xlsb": xlsb(), "launch.key": keynote(), "minutes.tar.gz": tar_gz(), "service.doc": doc(),
        "notice.md": "---\ntitle: Notice\ndate: 2026-01-12\n---\n\n# Closed on Friday\n\nThe *office* is closed.\n\n| Day | Hours |\n|---|---|\n| Friday | none |\n".encode(),
        "notice.html": "<html><head><meta charset=gbk><title>通知</title></head><body><h1>停水通知</h1><p>周五停水。</p></body></html>".encode("gbk"),
        "notice.txt": "停水通知\n\n周五上午九点至十一点停水。\n".encode("gb18030"),
        "parts.tsv": "Part\tStock\nSeal\t1200\n".encode(),
        "pump.xml": '<?xml version="1.0"?><pump><name>P-7</name><flow unit="m3/h">12</flow></pump>'.encode(),
        "pump.yaml": "pump: P-7\nflow: 12\n".encode(),
        "sales.xls": xls(), "launch.ppt": ppt(), "parts.dbf": dbf(),
        "prices-gbk.csv": "型号,单价（元）\r\nXL-200,4800\r\nVM-50,2650\r\n".encode("gbk"),
        "parts.json": json.dumps(records, ensure_ascii=False, indent=1).encode(), "ticket.json": json.dumps(ticket, ensure_ascii=False).encode(),
        "events.jsonl": "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in
                                [{"at": "09:00", "text": "started"}, {"at": "09:05", "value": {"flow": 12.5, "unit": "m³/h"}}]).encode(),
        "calibration.ipynb": json.dumps(notebook, ensure_ascii=False).encode(),
        "readme.rst": "Pump house\n==========\n\nThe pump house is locked.\n\nKeys\n----\n\n- at the gate\n- in the office\n".encode(),
        "todo.org": "* Tasks\n\nOrder ten seals.\n".encode(),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    print(f"{len(files)} files in {folder}")


if __name__ == "__main__":
    main()
