"""The provinces of GB/T 2260: the first two digits of every region, of a code's and a person's.

Only this level is asked. Counties were merged and renumbered for decades, and old codes and persons
keep the numbers of counties that are no more.
"""

from __future__ import annotations

from typing import Final

PROVINCES: Final[dict[str, str]] = {
    "11": "北京",
    "12": "天津",
    "13": "河北",
    "14": "山西",
    "15": "内蒙古",
    "21": "辽宁",
    "22": "吉林",
    "23": "黑龙江",
    "31": "上海",
    "32": "江苏",
    "33": "浙江",
    "34": "安徽",
    "35": "福建",
    "36": "江西",
    "37": "山东",
    "41": "河南",
    "42": "湖北",
    "43": "湖南",
    "44": "广东",
    "45": "广西",
    "46": "海南",
    "50": "重庆",
    "51": "四川",
    "52": "贵州",
    "53": "云南",
    "54": "西藏",
    "61": "陕西",
    "62": "甘肃",
    "63": "青海",
    "64": "宁夏",
    "65": "新疆",
    "71": "台湾",
    "81": "香港",
    "82": "澳门",
}
"""Each province's two digits with its name."""

TAIWAN_RESIDENTS: Final = "83"
"""Where the region of a Taiwan resident's number begins (港澳台居民居住证); no code does."""

NATIONAL: Final = "100000"
"""The region of what the State Council's own offices register."""
