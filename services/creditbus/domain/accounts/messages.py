"""Account messages: everything that an account says, in Chinese and in English, side by side.

The Chinese is written as a lawyer would write it to the subject; the English says the same. What a
message is about stands before the first point of its key.
"""

from __future__ import annotations

from typing import Final

from creditbus.domain.acts.kinds import KINDS

MESSAGES: Final[dict[str, tuple[str, str]]] = {
    # The frame.
    "head": ("{subject}　{day}的信用状态及其理由", "{subject}: how it stands on {day}, and why"),
    "edition": ("适用目录版本：{edition}", "under edition {edition} of the catalogue"),
    "nothing": (
        "该主体没有列入任何名单的记录，不适用任何措施。",
        "This subject is on no list, and no measure follows.",
    ),
    "no_measure": ("当日不适用任何措施。", "No measure follows on this day."),
    "entry": ("列入记录　{name}（{id}）：{stage}", "Entry on {id}, {name}: {stage}"),
    "measure": ("措施　{id}　{name}（{rank}）", "Measure {id}, {name}: {rank}"),
    # What an entry rests on.
    "document": (
        "决定文书：{number}，{day}作出",
        "document: {number}, decided on {day}",
    ),
    "document.none": ("决定文书：未载明，{day}作出", "document: none was stated, of {day}"),
    "done_by": ("决定：{deed}", "done by: {deed}"),
    "done_by.unknown": (
        "决定：该行为未在所读日志之内",
        "done by: the act is not among the events that were read",
    ),
    "deed": (
        "{source}（{source_id}）于{day}“{what}”；记录 {record}（第 {revision} 版），事件 {event}",
        "{what}, by {source} ({source_id}) on {day}; record {record}/{revision}, event {event}",
    ),
    "deed.document": ("，文书{number}", ", document {number}"),
    "basis": (
        "依据：{document} {article}（{level}，{since}起施行）〔{id}〕",
        "basis: {document} {article} ({level}, in force from {since}) [{id}]",
    ),
    "basis.none": ("依据：目录中没有所引依据", "basis: what is cited is in no edition"),
    "provision": ("情形〔{id}〕：{name}", "provision {id}: {name}"),
    "gates": (
        "列入条件逐项审查：{asked} 项中 {passed} 项符合",
        "gates: {passed} of {asked} passed",
    ),
    "gate.passed": ("符合", "passed"),
    "gate.failed": ("不符合", "not passed"),
    "gate": ("{what}：{result}（{article}）", "{what}: {result} ({article})"),
    # The gates, each as what it asks for.
    "gate.DOOR": (
        "认定单位有权列入，且该主体属于可列入的主体",
        "whoever listed keeps the list, and the list admits the subject",
    ),
    "gate.BASIS_MISSING": ("载明依据", "a basis is named"),
    "gate.BASIS_UNKNOWN": ("所引依据均在目录之内", "every basis is in the catalogue"),
    "gate.BASIS_NOT_OF_LIST": (
        "至少一项依据为该名单的设立依据",
        "one basis at least is the list's own",
    ),
    "gate.BASIS_NOT_IN_FORCE": (
        "决定作出之日，所引依据现行有效",
        "every basis was in force on the day of the decision",
    ),
    "gate.BASIS_TOO_LOW": ("不以备忘录为唯一依据", "it rests on more than a memorandum"),
    "gate.DOCUMENT_MISSING": ("载明决定文书号", "the document is named"),
    "gate.PROVISION_UNKNOWN": ("载明名单规定的具体情形", "the provision is one of the list's"),
    "gate.MEASURE_UNPUBLISHED": (
        "告知的措施均在公布的措施清单之内",
        "only measures of the published catalogue are announced",
    ),
    "gate.NOTICE_MISSING": (
        "决定前已依法告知，或该名单无须事先告知",
        "the notice was served before, where the list asks for one",
    ),
    "gate.RIGHTS_NOT_STATED": (
        "已告知陈述、申辩等权利，或该名单无须事先告知",
        "the rights were stated, where the list asks for a notice",
    ),
    "gate.CONSENT_MISSING": (
        "须经本人同意的，已取得同意",
        "the person consented, where the list asks for it",
    ),
    "gate.EFFECT_BEFORE_DECISION": (
        "生效不早于作出决定",
        "it takes effect no earlier than it was decided",
    ),
    "gate.GRACE_TOO_LONG": (
        "生效之日未超过宽限期或者送达、公示期限",
        "its first day is within the grace, or the days to serve or publish",
    ),
    "gate.TERM_MISSING": ("载明期限，或依法至义务履行完毕止", "the term is stated"),
    "gate.TERM_BEFORE_DECISION": (
        "期限届满之日不早于决定生效之日",
        "the term does not end before it begins",
    ),
    "gate.TERM_TOO_SHORT": ("期限不短于规定的下限", "the term is no shorter than required"),
    "gate.TERM_TOO_LONG": ("期限未超过规定的上限", "the term is no longer than allowed"),
    "gate.DATE_MADE_UP": ("所载日期并非系统填充的日期", "no day is made up"),
    # The term.
    "term": ("期限：", "term:"),
    "term.starts": ("自{day}起生效", "in effect from {day}"),
    "term.stated": ("决定载明的最后一日：{day}", "last day by the decision: {day}"),
    "term.extended": ("经决定延长至：{day}", "extended by a decision to: {day}"),
    "term.longest": ("该情形允许的最长期限：", "the longest that the provision allows:"),
    "term.cap": (
        "失信信息披露的最长期限（{document}{article}）：",
        "the cap on all disclosure ({document} {article}):",
    ),
    "term.last": (
        "以最先届满者为准：最后一日为{day}，次日零时（北京时间）自动失效",
        "the earliest ends it: last day {day}, over by itself at 00:00 of the next (Beijing time)",
    ),
    "term.asks": (
        "自{day}起可以申请提前移出",
        "the subject may ask to be removed early from {day}",
    ),
    "term.open": (
        "没有固定期限，至义务履行完毕或依法移出为止",
        "no fixed end: it runs until performed, or removed by law",
    ),
    # The marks.
    "mark.disputed": (
        "标注“异议处理中”：{about}，{first}提出",
        "disputed: objection {about}, filed on {first}",
    ),
    "mark.repair_pending": (
        "标注“修复办理中”：{about}，{first}申请",
        "repair pending: application {about} of {first}",
    ),
    "mark.stay": (
        "因行政复议或者诉讼停止执行：{about}，自{first}至{last}",
        "suspended by a stay: {about}, from {first} to {last}",
    ),
    "mark.reorganisation": (
        "重整计划经裁定批准（{about}），自{first}起中止",
        "suspended by a reorganisation: ruling {about}, approved on {first}",
    ),
    "mark.serious_entry": (
        "该主体有严重失信的有效列入记录（{about}），激励中止，其失效后自动恢复",
        "suspended while a serious entry is active ({about}); it returns by itself",
    ),
    "mark.window": (
        "暂时解除：{about}，{first}至{last}，解除第{items}项",
        "lifted for some days: {about}, from {first} to {last}, items {items}",
    ),
    "mark.overdue": (
        "办理单位逾期：{items}（不得因此加重主体负担）",
        "the authority's clock has run out: {items} (the subject is no worse off)",
    ),
    "day.open": ("另行通知之日", "further notice"),
    "mark.performed": (
        "义务已于{first}履行，认定单位应当在{last}之前（含当日）移出",
        "performed on {first}: the keeper must take it off by {last}",
    ),
    "overdue.DELETION": ("移出", "taking it off"),
    "overdue.OBJECTION_DECISION": ("异议处理", "decision of the objection"),
    "overdue.CORRECTION": ("更正", "correction"),
    "overdue.REPAIR_ACCEPTANCE": ("修复受理", "acceptance of the application"),
    "overdue.REPAIR_DECISION": ("修复决定", "decision of the application"),
    "overdue.REPAIR_PROPAGATION": ("修复结果共享", "telling the others of the repair"),
    # What followed, the way out and the end.
    "acts": ("其他行为：", "what was done besides:"),
    "remedy": ("救济途径：{remedy}", "remedy: {remedy}"),
    "exits": ("可因下列事项移出：{exits}", "what may end it: {exits}"),
    "exit_basis": (
        "移出依据：{document} {article}〔{id}〕",
        "removal rests on: {document} {article} [{id}]",
    ),
    "removed": ("{day}移出，原因：{cause}", "removed on {day}: {cause}"),
    "removed.by": ("移出行为：{deed}", "by the act: {deed}"),
    "removed.by_term": (
        "期限届满自动移出，无须任何单位作出决定",
        "by the end of its term alone; nobody had to decide",
    ),
    "removed.by_unknown": (
        "该行为未在所读日志之内",
        "the act is not among the events that were read",
    ),
    "removed.facts": (
        "已移出的记录不再使用，不产生任何措施。",
        "A removed entry is used no more; no measure follows from it.",
    ),
    # The measures.
    "ground": (
        "所依列入记录：{list}，文书{number}，{day}决定",
        "carried by: {list}, document {number}, decided on {day}",
    ),
    "ground.disputed": ("（异议处理中）", " (disputed)"),
    "executor": ("执行单位：{name}", "carried out by: {name}"),
    "human": (
        "须由执行单位人工决定，总线的指令仅供参考",
        "a human of the executing body decides; what the bus says is advice",
    ),
    "human.person": (
        "须由执行单位人工决定，不得仅以自动化方式作出（个人信息保护法 第二十四条）",
        "a human of the executing body decides, never a machine alone (PIPL, article 24)",
    ),
    "automatic": ("执行单位可以依指令执行", "the executing body may act on the directive"),
    "answered": (
        "不发送指令，仅在有关单位办理事项核查时告知",
        "nothing is sent: it is told when somebody competent asks",
    ),
    "record_only": (
        "由有权机关依其自身决定执行，总线不发送指令",
        "carried out by others on their own order; the bus sends nothing",
    ),
    "spares": ("不适用于：{what}", "spared: {what}"),
    "spared": ("任何措施均不得影响：{what}", "No measure may ever touch: {what}"),
    "ends": (
        "{day}零时（北京时间）自动失效",
        "ends by itself at 00:00 of {day} (Beijing time)",
    ),
    "ends.open": (
        "至全部理由消除为止，没有固定日期",
        "ends with the last entry that carries it; no day is fixed",
    ),
    # The words of the law.
    "stage.NOTICED": ("已告知，尚未列入", "noticed, not listed yet"),
    "stage.GRACE": ("已决定，尚未生效", "decided, not yet in effect"),
    "stage.ACTIVE": ("有效", "active"),
    "stage.SUSPENDED": ("中止", "suspended"),
    "stage.REMOVED": ("已移出", "removed"),
    "stage.CLOSED": ("已移出并归档", "removed and closed"),
    "stage.ERASED": ("已删除", "erased"),
    "cause.PERFORMED": ("义务已履行", "performed"),
    "cause.REPAIRED": ("信用修复", "repaired"),
    "cause.CORRECTED": ("异议成立", "the objection was upheld"),
    "cause.REVOKED": ("所依据的决定被撤销", "the decision that it rests on has fallen"),
    "cause.WITHDRAWN": ("认定单位撤回", "withdrawn by whoever listed"),
    "cause.EXPIRED": ("期限届满", "the term is over"),
    "cause.CONSENT_WITHDRAWN": ("本人撤回同意", "the person took the consent back"),
    "cause.REORGANISED": ("重整计划执行完毕", "the reorganisation is completed"),
    "cause.DEREGISTERED": ("主体注销", "the subject is no more"),
    "class.A": ("依法减损权益或者增加义务", "it reduces rights, by law"),
    "class.B": ("权限范围内的管理措施", "management within the authority's powers"),
    "class.C": ("供市场主体自主参考", "left to others, whom nobody forces"),
    "class.I": ("激励措施", "an incentive"),
    "level.law": ("法律", "law"),
    "level.regulation": ("行政法规", "administrative regulation"),
    "level.judicial_interpretation": ("司法解释", "judicial interpretation"),
    "level.local_regulation": ("地方性法规", "local regulation"),
    "level.department_rule": ("部门规章", "department rule"),
    "level.policy": ("政策文件", "policy"),
    "level.memorandum": ("备忘录", "memorandum"),
    "exit.E09": ("义务履行", "performance"),
    "exit.E10": ("所依据的决定被撤销或者变更", "revocation of the decision"),
    "exit.E16": ("法院删除失信信息", "removal by the court"),
    "exit.E17": ("法院解除限制消费令", "lifting of the order by the court"),
    "exit.E19": ("停止公布", "stop of the publication"),
    "exit.E22": ("认定单位移出", "removal by whoever listed"),
    "exit.E23": ("认定单位移出", "removal by whoever listed"),
    "exit.E24": ("移出异常名录", "removal by whoever listed"),
    "exit.E25": ("海关调整信用类别", "another class by customs"),
    "exit.E26": ("重新评价", "a new evaluation"),
    "exit.E27": ("解除重点关注", "end of the attention"),
    "exit.E28": ("撤回守信认定", "withdrawal of the honour"),
    "exit.E29": ("承诺履行完毕或者违反承诺", "commitment fulfilled or breached"),
    "exit.E31": ("异议成立", "an objection upheld"),
    "exit.E32": ("复议、诉讼撤销", "reconsideration or lawsuit"),
    "exit.E35": ("信用修复", "repair"),
    "exit.E37": ("整改完成", "rectification"),
    "exit.E38": ("重整", "reorganisation"),
    "exit.E45": ("期限届满", "end of the term"),
    # The acts, and the words that they turn on.
    **{f"record.{kind.record}": (kind.zh, kind.en) for kind in KINDS.values()},
    "step": ("{record}（{step}）", "{record} ({step})"),
    "step.SERVED": ("已送达", "served"),
    "step.REPRESENTATION_RECEIVED": ("已陈述申辩", "representation received"),
    "step.HEARING_HELD": ("已听证", "hearing held"),
    "step.REQUESTED": ("已申请", "requested"),
    "step.STAYED": ("停止执行", "stayed"),
    "step.ENDED": ("程序终结", "ended"),
    "step.REMOVED": ("异议成立，予以移出", "removed"),
    "step.CORRECTED": ("异议成立，予以更正", "to be corrected"),
    "step.DISMISSED": ("异议不成立", "dismissed"),
    "step.ACCEPTED": ("受理", "accepted"),
    "step.REJECTED": ("不予受理", "rejected"),
    "step.GRANTED": ("准予修复", "granted"),
    "step.REFUSED": ("不予修复", "refused"),
    "step.CANCELLED": ("撤销修复", "cancelled"),
    "step.AUTHORITY": ("认定单位", "the authority"),
    "step.PLATFORM": ("市信用平台", "the city's platform"),
    "step.CREDIT_CHINA": ("“信用中国”网站", "Credit China"),
    "step.APPROVED": ("批准重整计划", "approved"),
    "step.COMPLETED": ("执行完毕", "completed"),
    "step.FAILED": ("终止重整", "failed"),
    "step.REGISTERED": ("设立", "registered"),
    "step.UPDATED": ("变更", "updated"),
    "step.DEREGISTERED": ("注销", "deregistered"),
    "step.WITHDRAWN": ("撤回", "taken back"),
    "step.REINSTATED": ("恢复效力", "reinstated"),
}
"""Each message by its key: Chinese, then English; both name the same fields."""
