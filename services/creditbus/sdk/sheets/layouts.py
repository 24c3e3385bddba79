"""Layouts: the official tables as data, each field with every header that is written for it.

Of 2015 and of 2019 (双公示), and the court's list. The first header of a field is the one that
sentences name. What is ignored is known and not taken: numbers and names of persons above all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

Names = tuple[str, ...]


class SheetLayout(msgspec.Struct, frozen=True):
    """One official table: its fields with their headers, and those without which it is not read."""

    name: str
    title: str
    fields: Mapping[str, Names]
    required: Names
    ignored: Names = ()


_PARTY: Final[dict[str, Names]] = {
    "name": (
        *("CF_XDR_MC", "XK_XDR_MC"),
        *("行政相对人名称", "违法企业名称或违法自然人姓名", "违法企业名称", "相对人名称"),
        *("被处罚人名称", "当事人名称", "单位名称"),
    ),
    "kind": ("行政相对人类别", "相对人类别", "CF_XDR_LB", "XK_XDR_LB", "XK_XDR_TYPE"),
    "code": (
        *("统一社会信用代码", "行政相对人统一社会信用代码", "社会诚信代码", "社会信用代码"),
        *("CF_XDR_SHXYM", "XK_XDR_SHXYM"),
    ),
    "registration": (
        *("工商注册号", "工商登记码", "工商登记号", "注册号"),
        *("CF_XDR_GSZC", "XK_XDR_GSZC", "CF_XDR_GSDJ", "XK_XDR_GSDJ"),
    ),
    "organisation": (
        *("组织机构代码", "违法企业组织机构代码", "CF_XDR_ZZJG", "XK_XDR_ZZJG"),
        *("CF_XDR_ZDM", "XK_XDR_ZDM"),
    ),
    "tax": ("税务登记号", "纳税人识别号", "CF_XDR_SWDJ", "XK_XDR_SWDJ"),
    "institution": ("事业单位证书号", "CF_XDR_SYDW", "XK_XDR_SYDW"),
    "social": ("社会组织登记证号", "CF_XDR_SHZZ", "XK_XDR_SHZZ"),
}
RESULT: Final = "处理结果 result"
"""The header of the column that a file comes back with, so that it can be sent again as it is."""

_COMMON_IGNORED: Final[Names] = (
    RESULT,
    *("法定代表人", "法定代表人姓名", "法定代表人身份证号", "法定代表人证件类型"),
    *("法定代表人证件号码", "居民身份证号", "身份证号", "证件类型", "证件号码", "序号", "备注"),
    *("数据来源单位", "数据来源单位统一社会信用代码", "数据导出时间", "地方编码"),
    *("数据更新时间戳", "信息使用范围", "行政相对人代码", "联系电话", "填表人"),
    *("CF_FRDB", "CF_FR_ZJLX", "CF_FR_ZJHM", "CF_XDR_ZJLX", "CF_XDR_ZJHM", "CF_XDR_SFZ"),
    *("XK_FRDB", "XK_FR_SFZH", "XK_FR_ZJLX", "XK_FR_ZJHM", "XK_XDR_ZJLX", "XK_XDR_ZJHM"),
    *("CF_SJLY", "CF_SJLYDM", "XK_LYDW", "XK_LYDWDM", "BZ", "DFBM", "SJC"),
)

PENALTY: Final = SheetLayout(
    "penalty",
    "行政处罚",
    {
        **_PARTY,
        "document": (
            *("行政处罚决定书文号", "处罚决定书文号", "决定书文号", "行政处罚决定文书号", "CF_WSH"),
        ),
        "violation": ("违法行为类型", "处罚名称", "案件名称", "CF_WFXW", "CF_CFMC"),
        "facts": ("违法事实", "处罚事由", "主要违法事实", "CF_SY"),
        "penalty": ("处罚类别", "处罚类别1", "行政处罚的种类和依据", "CF_CFLB", "CF_CFLB1"),
        "other_penalty": ("处罚类别2", "CF_CFLB2"),
        "content": ("处罚内容", "处罚结果", "CF_NR", "CF_JG"),
        "fine": ("罚款金额(万元)", "处罚金额(万元)", "罚款金额", "CF_NR_FK"),
        "confiscated": (
            *("没收违法所得、没收非法财物的金额(万元)", "没收违法所得、没收非法财务的金额(万元)"),
            "CF_NR_WFFF",
        ),
        "licences": ("暂扣或吊销证照名称及编号", "CF_NR_ZKDX"),
        "decided": (
            *("处罚决定日期", "决定日期", "作出处罚的机关名称和日期"),
            *("做出处罚的机关名称和日期", "CF_JDRQ"),
        ),
        "published_until": ("公示截止期", "公示截止日期", "CF_GSJZQ"),
        "status": ("当前状态", "CF_ZT"),
    },
    ("document", "name", "decided"),
    (
        *_COMMON_IGNORED,
        *("处罚依据", "处罚机关", "处罚机关统一社会信用代码", "处罚有效期", "处罚截止期"),
        *("处罚截止日期", "处罚生效期止", "CF_YJ", "CF_CFJG", "CF_CFJGDM", "CF_XZJG", "CF_YXQ"),
    ),
)

PERMIT: Final = SheetLayout(
    "permit",
    "行政许可",
    {
        **_PARTY,
        "document": ("行政许可决定书文号", "行政许可决定文书号", "许可决定书文号", "XK_WSH"),
        "title": ("行政许可决定文书名称", "项目名称", "XK_XKWS"),
        "permit": ("许可类别", "审批类别", "XK_XKLB"),
        "certificate": ("许可证书名称", "XK_XKZS"),
        "number": ("许可编号", "行政许可编码", "XK_XKBH"),
        "content": ("许可内容", "XK_NR"),
        "decided": ("许可决定日期", "XK_JDRQ"),
        "valid_from": ("有效期自", "XK_YXQZ"),
        "valid_to": ("有效期至", "许可截止期", "XK_YXQZI"),
        "status": ("当前状态", "XK_ZT"),
    },
    ("document", "name", "decided"),
    (*_COMMON_IGNORED, "许可机关", "许可机关统一社会信用代码", "XK_XKJG", "XK_XKJGDM"),
)

COURT_LIST: Final = SheetLayout(
    "court-list",
    "失信被执行人",
    {
        "case": ("执行案号", "案号", "caseCode"),
        "name": (
            *("失信被执行人姓名/名称", "失信被执行人名称", "失信被执行人姓名或名称"),
            *("被执行人姓名/名称", "失信被执行人姓名", "被执行人名称", "被执行人姓名", "iname"),
        ),
        "code": (
            *("身份证号码/组织机构代码", "组织机构代码", "统一社会信用代码"),
            *("统一社会信用代码/组织机构代码", "身份证号码/统一社会信用代码"),
            *("身份证号/组织机构代码", "身份证号/统一社会信用代码", "证件号码", "cardNum"),
            *("身份证号码/组织机构代码/统一社会信用代码", "身份证号/组织机构代码/统一社会信用代码"),
        ),
        "document": ("执行依据文号", "依据文号", "gistId"),
        "conduct": (
            *("失信被执行人具体情形", "失信被执行人行为具体情形", "失信行为具体情形"),
            "disruptTypeName",
        ),
        "published": ("发布时间", "发布日期", "公布时间", "公布日期", "publishDate"),
        "notice": (
            *("执行通知书送达时间", "执行通知书送达日期", "风险提示送达时间"),
            "风险提示送达日期",
        ),
        "rights": ("已告知权利", "是否告知权利", "是否已告知权利"),
        "party": ("partyTypeName",),
        "age": ("age", "年龄"),
        "sex": ("sexy", "sex", "性别"),
    },
    ("case", "name", "code", "document", "conduct", "published", "notice", "rights"),
    (
        RESULT,
        *("企业法人/负责人姓名", "地域名称", "执行法院", "作出执行依据单位", "序号", "备注"),
        *("法律生效文书确定的义务", "被执行人的履行情况", "立案时间", "已履行部分"),
        *("未履行部分", "id", "businessEntity", "courtName", "areaName"),
        *("regDate", "gistUnit", "duty", "performance", "performedPart", "unperformPart"),
    ),
)

LAYOUTS: Final = (COURT_LIST, PENALTY, PERMIT)
