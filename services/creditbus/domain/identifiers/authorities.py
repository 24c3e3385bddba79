"""Who registers organisations, and the classes that each authority gives: a table of GB 32100-2015.

The first two characters of a unified social credit code, with amendment 1 of 2016, which added
authorities. A pair that does not stand here is none, so what begins with it is no code: most
identity numbers begin with such a pair, for their first two digits are a province.
"""

from __future__ import annotations

from typing import Final

_OTHER: Final = "其他"

AUTHORITIES: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "1": (
        "机构编制",
        {"1": "机关", "2": "事业单位", "3": "编办直接管理机构编制的群众团体", "9": _OTHER},
    ),
    "2": ("外交", {"1": "外国常驻新闻机构", "9": _OTHER}),
    "3": (
        "司法行政",
        {
            "1": "律师执业机构",
            "2": "公证处",
            "3": "基层法律服务所",
            "4": "司法鉴定机构",
            "5": "仲裁委员会",
            "9": _OTHER,
        },
    ),
    "4": ("文化", {"1": "外国在华文化中心", "9": _OTHER}),
    "5": ("民政", {"1": "社会团体", "2": "民办非企业单位", "3": "基金会", "9": _OTHER}),
    "6": (
        "旅游",
        {
            "1": "外国旅游部门常驻代表机构",
            "2": "港澳台地区旅游部门常驻内地代表机构",
            "9": _OTHER,
        },
    ),
    "7": ("宗教", {"1": "宗教活动场所", "2": "宗教院校", "9": _OTHER}),
    "8": ("工会", {"1": "基层工会", "9": _OTHER}),
    "9": ("市场监管", {"1": "企业", "2": "个体工商户", "3": "农民专业合作社", "9": _OTHER}),
    "A": ("中央军委改革和编制办公室", {"1": "军队事业单位", "9": _OTHER}),
    "N": (
        "农业",
        {
            "1": "组级集体经济组织",
            "2": "村级集体经济组织",
            "3": "乡镇级集体经济组织",
            "9": _OTHER,
        },
    ),
    "Y": (_OTHER, {"1": _OTHER}),
}
"""Each authority's name, and its classes with theirs."""
