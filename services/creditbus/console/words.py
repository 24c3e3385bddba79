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
    "behind": ("数据滞后", "behind"),
    "behind_detail": (
        "视图正在追赶，所示为上述时刻的数据。",
        "The views are catching up; the numbers are of the time above.",
    ),
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
    "choices": ("语言与主题", "Language and theme"),
    "places": ("页面", "Pages"),
    "now": ("总览", "Now"),
    "subject": ("主体", "Subject"),
    "subject_hint": (
        "按统一社会信用代码或主体标识精确查询；自然人只用标识，不用证件号码",
        "by its exact code or id; a person by the id alone, never by a number",
    ),
    "subject_field": ("统一社会信用代码或主体标识", "Credit code or subject id"),
    "look_up": ("查询", "Look up"),
    "no_subject": (
        "这不是有效的统一社会信用代码或主体标识。旧代码请先用 creditbus identify 查询。",
        "That is no valid credit code or subject id. For an old code ask creditbus identify first.",
    ),
    "never_named": ("总线从未收到关于该主体的记录。", "No record ever named this subject."),
    "entries": ("列入记录", "Entries"),
    "directives_hint": ("待办在前", "what is owed first"),
    "stage": ("状态", "Stage"),
    "document": ("文书", "Document"),
    "bases": ("依据", "Bases"),
    "exit_bases": ("期限与移出依据", "Bases of term and removal"),
    "starts_on": ("生效日", "In effect from"),
    "ends_at": ("终止", "Ends"),
    "marks": ("标注", "Marks"),
    "term_over": ("期限已满", "term is over"),
    "disputed": ("异议处理中", "disputed"),
    "repair_pending": ("修复申请中", "repair applied for"),
    "delete_by": ("应移出期限", "to be taken off by"),
    "revision": ("版本", "revision"),
    "edition": ("目录版本", "edition"),
    "why": ("为何如此", "Why it stands so"),
    "why_how": (
        "逐条说明行为、文书、条款、期限与出路（读取全部日志）：",
        "Act, document, article, term and way out, one by one (reads the whole log):",
    ),
    "owed_page": ("待执行", "Owed"),
    "all_bodies": ("全部执行单位", "all bodies"),
    "action": ("指令", "Directive"),
    "apply": ("实施", "apply"),
    "lift": ("解除", "lift"),
    "measure": ("措施", "Measure"),
    "measures": ("措施", "Measures"),
    "stated_at": ("发出时间", "Stated at"),
    "waits": ("已等待", "Waits"),
    "tries": ("次数", "Tries"),
    "last_try": ("最近一次投递", "Last try"),
    "not_tried": ("尚未投递", "not tried yet"),
    "failed": ("失败", "failed"),
    "outcome": ("回执", "Answer"),
    "no_answer": ("尚无回执", "no answer yet"),
    "first_of": ("仅显示前 {shown:,} 条，共 {all:,} 条", "the first {shown:,} of {all:,}"),
    "refused_page": ("退回", "Refused"),
    "refused_page_hint": ("最新在前，一处错误一行", "newest first, a row for each mistake"),
    "record": ("记录", "Record"),
    "field": ("字段", "Field"),
    "article": ("条款", "Article"),
    "advice": ("如何改正", "What to do"),
    "origin": ("位置", "Place"),
    "sources_page": ("报送单位", "Sources"),
    "refused_share": ("退回率 %", "Refused, %"),
    "lists_page": ("目录", "Catalogue"),
    "lists_page_hint": ("点击名单查看条款与措施", "open a list for its articles and measures"),
    "changes": ("最新版本的变更", "What the newest edition changed"),
    "kind": ("类别", "Kind"),
    "keepers": ("认定单位", "Keepers"),
    "in_use": ("启用", "In use"),
    "longest_years": ("最长年数", "Longest, years"),
    "class": ("分类", "Class"),
    "bodies": ("执行单位", "Carried out by"),
    "row": ("条目", "Row"),
    "what": ("字段", "Field"),
    "before": ("变更前", "Before"),
    "after": ("变更后", "After"),
    "id": ("标识", "Id"),
    "remedy": ("救济途径", "Remedy"),
    "note": ("备注", "Note"),
    "yes": ("是", "yes"),
    "no": ("否", "no"),
    "exposure_page": ("公示", "Exposure"),
    "exposure_page_hint": (
        "公众此刻所见；查无此条即已撤下",
        "what the public sees now; what is not found here is withdrawn",
    ),
    "subject_name": ("名称", "Name"),
    "decided_on": ("决定日期", "Decided on"),
    "until_performed": ("至履行完毕", "until performed"),
    "entry": ("记录标识", "Entry"),
    "search": ("在表中查找", "Search the table"),
    "take_away": ("导出 CSV", "Export CSV"),
    "rows_a_page": ("每页行数", "Rows a page"),
    "nothing_here": ("没有数据", "nothing here"),
    "nothing_found": ("没有匹配的行", "no row matches"),
    "token_wait": (
        "尝试次数过多，请稍后再试。",
        "Too many wrong tokens: wait a minute, then try again.",
    ),
    "log_out": ("退出", "Log out"),
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
    Reason.TERM_TOO_SHORT: ("期限短于下限", "term too short"),
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
