"""Languages: what a caller is told, in the one of Chinese and English that it prefers (RFC 9110).

Mistakes in a record bring both languages along; what the doors say themselves has its Chinese here,
by the stable reason. The English says what was found, so it follows in brackets.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Language(StrEnum):
    """The languages that answers are given in; English where nothing is preferred."""

    EN = "en"
    ZH = "zh"


_KNOWN: Final[Mapping[str, Language]] = {each.value: each for each in Language}

IN_CHINESE: Final[Mapping[str, str]] = {
    "CREDENTIAL_MISSING": "请在请求头 Authorization: Bearer 中提供令牌",
    "CREDENTIAL_UNKNOWN": "令牌无效，请向总线运维人员申领新令牌",
    "CREDENTIAL_EXPIRED": "令牌已过期，请向总线运维人员申领新令牌",
    "ROLE": "该令牌所属单位无权使用此接口",
    "SCOPE": "该令牌的权限不包括此操作",
    "TOO_LARGE": "请求体超过上限，请分批报送",
    "NOT_JSON": "请求体不是 JSON，请以 UTF-8 编码发送一个 JSON 对象",
    "TOO_DEEP": "JSON 嵌套过深，请减少层级",
    "KEY_TWICE": "JSON 对象中有重复的键，请只保留一个",
    "NUL": "文本中含有 NUL 字符（\\u0000），请删去",
    "TOO_MANY_FILES": "本单位正在处理的文件过多，请待其中一个答复后再报送",
    "TOO_SLOW": "请求体未在时限内送达，请一次发送完毕",
    "UNSUPPORTED": "不支持该类型的请求体",
    "DISCONNECTED": "调用方已断开连接",
    "UNAVAILABLE": "所依赖的服务器暂不可用，请稍后重试；未确认任何记录",
    "CURSOR_UNKNOWN": "游标无效，请从头读取",
    "CURSOR_GONE": "游标已失效，请从头读取",
    "PARAMETER_INVALID": "参数不合要求",
    "PARAMETER_UNKNOWN": "没有此参数，请核对拼写",
    "IDEMPOTENCY_KEY_REUSED": "该幂等键已用于其他内容，请换用新键",
    "IDEMPOTENCY_KEY_IN_USE": "同一幂等键的请求正在处理，请稍后重试",
    "RECORD_UNKNOWN": "本单位没有此记录，或者尚未读取，或者已超过保存期限",
    "RECEIPT_UNKNOWN": "该回执所指的记录已超过保存期限",
    "NOT_FOUND": "没有此地址，/openapi.json 列有全部接口",
    "METHOD_NOT_ALLOWED": "该地址不支持此方法",
    "MISTAKE": "服务出错并已记录；未确认任何记录",
}


def preferred(accepted: str) -> Language:
    """Return the language that an ``Accept-Language`` header prefers.

    >>> preferred("zh-CN,zh;q=0.9,en;q=0.8"), preferred("en, zh;q=0.5"), preferred("fr, *;q=0.1")
    (<Language.ZH: 'zh'>, <Language.EN: 'en'>, <Language.EN: 'en'>)
    """
    best, chosen = 0.0, Language.EN
    for part in accepted.split(","):
        name, _, weight = part.partition(";")
        language = _KNOWN.get(name.strip().lower().partition("-")[0])
        if language is not None and _weight(weight) > best:
            best, chosen = _weight(weight), language
    return chosen


def in_chinese(reason: str, detail: str) -> str:
    """Return what a door says for a reason in Chinese, with what it found there."""
    known = IN_CHINESE.get(reason)
    return detail if known is None else f"{known}（{detail}）"


def language_headers(language: Language) -> Mapping[str, str]:
    """Return the headers that say in which language an answer is, and what that depends on."""
    return {"Content-Language": language, "Vary": "Accept-Language"}


def _weight(text: str) -> float:
    name, _, number = text.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(number)
    except ValueError:
        return 0.0
