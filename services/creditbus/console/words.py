"""Words: everything the console says, in Chinese and in English, side by side."""

from __future__ import annotations

from typing import Final, Literal

from creditbus.domain.acts.refusals import Reason

Language = Literal["zh", "en"]

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "title": ("信用总线控制台", "Credit bus console"),
    "live": ("实时", "live"),
    "starting": ("正在读取……", "reading …"),
    "away": ("数据暂不可用", "no data at present"),
    "away_detail": (
        "视图正在重建或 Redis 无响应，下方为最后一次读到的数据。",
        "Views are being rebuilt or Redis does not answer; below is what was read last.",
    ),
    "as_of": ("数据时间", "as of"),
    "flow": ("总线流量", "Flow through the bus"),
    "flow_hint": ("累计条数与每秒条数", "records so far, and per second"),
    "chart": ("近两分钟每秒条数", "records a second, last two minutes"),
    "per_second": ("条/秒", "/s"),
    "received": ("收到报送", "Received"),
    "standings": ("主体状态", "Standings"),
    "directives": ("执行指令", "Directives"),
    "acknowledgements": ("执行回执", "Acknowledgements"),
    "exposures": ("公示变更", "Exposures"),
    "duplicates": ("重复报送", "Duplicates"),
    "subjects": ("信用主体", "Subjects"),
    "exposed_now": ("正在公示", "Exposed now"),
    "refused_total": ("退回", "Refused"),
    "dead_total": ("不可读", "Dead letters"),
    "overdue_total": ("单位逾期未解除", "Bodies with overdue lifts"),
    "owed": ("待执行指令", "Directives owed"),
    "owed_hint": (
        "解除先于实施；逾期解除置顶",
        "lifts before applications; overdue lifts on top",
    ),
    "body": ("执行单位", "Executing body"),
    "lifts": ("待解除", "To lift"),
    "applies": ("待实施", "To apply"),
    "oldest": ("最久等待", "Oldest lift"),
    "overdue": ("逾期", "overdue"),
    "settled": ("已全部办结", "nothing owed"),
    "lists": ("名单", "Lists"),
    "lists_hint": ("各名单的列入记录", "entries by list"),
    "list": ("名单", "List"),
    "active": ("有效", "Active"),
    "waiting": ("未生效", "Not yet"),
    "suspended": ("中止", "Suspended"),
    "removed": ("已移出", "Removed"),
    "black": ("黑名单", "black"),
    "red": ("红名单", "red"),
    "restriction": ("限制", "restriction"),
    "abnormal": ("异常名录", "abnormal"),
    "attention": ("重点关注", "attention"),
    "refusals": ("退回原因", "Refusals by reason"),
    "sources": ("报送单位", "Sources"),
    "sources_hint": ("不可读与退回多者在前", "most dead letters and refusals first"),
    "reason": ("原因", "Reason"),
    "count": ("条数", "Count"),
    "source": ("报送单位", "Source"),
    "refused": ("退回", "Refused"),
    "dead": ("不可读", "Dead"),
    "duplicate": ("重复", "Duplicates"),
    "none_refused": ("没有退回的记录", "nothing was refused"),
    "none_received": ("尚未收到报送", "nothing was received yet"),
    "log_in": ("登录", "Log in"),
    "token": ("运维令牌", "Operator token"),
    "token_hint": (
        "由管理员签发，只显示一次；本页只读。",
        "Issued by the administrator, shown once. This page is read-only.",
    ),
    "token_wrong": (
        "令牌无效、已过期或不属于运维人员。",
        "The token is unknown, has expired, or is no operator's.",
    ),
    "light": ("浅色", "Light"),
    "dark": ("深色", "Dark"),
    "other_language": ("English", "中文"),
}

REASONS: Final[dict[Reason, tuple[str, str]]] = {
    Reason.SOURCE_MISMATCH: ("冒用他人名义报送", "speaks in another's name"),
    Reason.RECORD_UNNAMED: ("记录无编号或版本", "record without id or revision"),
    Reason.ALIAS_UNKNOWN: ("旧码未建立映射", "old code not known"),
    Reason.SUBJECT_INVALID: ("主体代码不合规", "no valid subject code"),
    Reason.PERSON_NOT_ATTESTED: ("自然人须经网关报送", "persons come through the gateway"),
    Reason.SUBJECT_MINOR: ("决定时未成年", "not of age at the decision"),
    Reason.ALIAS_UNCONFIRMED: ("旧码映射未经登记机关确认", "old code not confirmed"),
    Reason.IDENTITY_CONFLICT: ("主体身份存在冲突", "identity in conflict"),
    Reason.LIST_UNKNOWN: ("目录中无此名单", "no such list"),
    Reason.LIST_DISABLED: ("名单未启用", "list not in use"),
    Reason.SOURCE_NOT_COMPETENT: ("单位无此权限", "source has no such power"),
    Reason.SUBJECT_NOT_ADMITTED: ("名单不收此类主体", "kind of subject not admitted"),
    Reason.DIRECTIVE_UNKNOWN: ("无此执行指令", "no such directive"),
    Reason.FIELD_TOO_LONG: ("字段过长", "field too long"),
    Reason.REVISION_SUPERSEDED: ("已有更新版本", "a newer revision stands"),
    Reason.CONTENT_CONFLICT: ("同号内容不一致", "same record, other content"),
    Reason.BASIS_MISSING: ("缺少依据", "no basis stated"),
    Reason.BASIS_UNKNOWN: ("依据未登记", "basis not registered"),
    Reason.BASIS_NOT_OF_LIST: ("依据不属于该名单", "basis not of this list"),
    Reason.BASIS_NOT_IN_FORCE: ("依据当日未施行", "basis not in force"),
    Reason.BASIS_TOO_LOW: ("备忘录不能作依据", "a memorandum is no basis"),
    Reason.DOCUMENT_MISSING: ("缺少文书号", "no document number"),
    Reason.PROVISION_UNKNOWN: ("情形不在目录中", "provision unknown"),
    Reason.MEASURE_UNPUBLISHED: ("措施未公布", "measure not published"),
    Reason.NOTICE_MISSING: ("未送达告知", "notice not served"),
    Reason.RIGHTS_NOT_STATED: ("未告知权利", "rights not stated"),
    Reason.CONSENT_MISSING: ("本人未同意", "no consent of the person"),
    Reason.EFFECT_BEFORE_DECISION: ("生效早于决定", "in effect before the decision"),
    Reason.GRACE_TOO_LONG: ("宽限期过长", "grace too long"),
    Reason.TERM_MISSING: ("缺少期限", "no term"),
    Reason.TERM_BEFORE_DECISION: ("期限早于决定", "term before the decision"),
    Reason.TERM_TOO_LONG: ("期限超过上限", "term too long"),
    Reason.DATE_MADE_UP: ("日期不真实", "a day that stands for not known"),
    Reason.PACKAGE_INCOMPLETE: ("修复材料应为两份", "repair needs its two documents"),
    Reason.OUTSIDE_CATALOGUE: ("不属于公共信用信息", "no public credit information"),
}


def language_of(stated: str | None) -> Language:
    """Return the language that a page was asked for; Chinese unless English is."""
    return "en" if stated == "en" else "zh"


def say(word: str, language: Language) -> str:
    """Return a text of the console in a language."""
    return TEXTS[word][language == "en"]


def explain(reason: Reason, language: Language) -> str:
    """Return in a few words what a reason means."""
    return REASONS[reason][language == "en"]


def ago(seconds: float, language: Language) -> str:
    """Return an age in the largest unit that fits.

    >>> ago(42, "en"), ago(150, "zh"), ago(7200, "en"), ago(200000, "zh")
    ('42 s', '2 分', '2 h', '2 天')
    """
    units = ((86_400, "天", "d"), (3_600, "时", "h"), (60, "分", "min"), (1, "秒", "s"))
    size, zh, en = next((unit for unit in units if seconds >= unit[0]), units[-1])
    return f"{int(seconds // size)} {en if language == 'en' else zh}"
