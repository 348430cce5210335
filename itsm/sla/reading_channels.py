"""`channels` of sla.yaml → Channel: ways to send, where their secrets are kept (never the secrets themselves), when to give up."""

from __future__ import annotations

from itsm.model.address import host_and_port
from itsm.patterns import pattern
from itsm.sla.policy import Channel, Retry
from itsm.sla.spec import Spec

WAYS = ("command", "apprise", "url_file", "url_env", "sendmail", "smtp")  # of several the first is taken, and sla check warns
TLS = ("starttls", "implicit")
PASSWORDS = ("password_file", "password_command", "password_env")
PASSWORD_ENV = "ITSM_SMTP_PASSWORD"  # noqa: S105 - the name of a variable, no password
_SECRETS = ("password", "pass", "passwd", "secret", "token")
_SMTPS = "smtps://"
_LOGIN = pattern(r"://[^/@\s]*:[^/@\s]+@")
_RECIPIENTS = pattern(r"\{([a-z]+)\}")
_FIELDS = pattern(r"\{(mobile|mail)\}")
_DAY = 86_400


def read_channel(name: str, spec: Spec) -> Channel:
    """One channel. What is wrong with it is noted in `spec`; no word of a secret that stands there is repeated."""
    for key in _SECRETS:
        if key in spec.data:
            spec.asked.add(key)
            spec.wrong(key, f"a {key} doesn't belong in sla.yaml, which others read", f"{', '.join(PASSWORDS)}, or {PASSWORD_ENV}")
    smtp, tls = _server(spec)
    channel = Channel(
        name, smtp, spec.texts("sendmail"), spec.text("from"), spec.texts("command"), spec.integer("timeout", 20, least=1),
        _retry(spec.sub("retry")), tls, spec.text("user"), spec.text("password_file"), spec.texts("password_command"),
        spec.text("password_env"), spec.text("apprise"), spec.text("url_file"), spec.text("url_env"), spec.text("redirect"),
    )  # fmt: skip
    if _LOGIN.search(channel.apprise):
        spec.wrong(
            "apprise", "an URL with a password in it doesn't belong in sla.yaml, which others read", "url_file: chat.url, or url_env"
        )
    _has_a_way(channel, spec)
    _can_log_in(channel, spec)
    _can_redirect(channel, spec)
    spec.done()
    return channel


def needs(channel: Channel) -> set[str]:
    """Which of a recipient's fields a program or service can't do without."""
    return {*_RECIPIENTS.findall(" ".join((*channel.command, channel.apprise))), *channel.wants} & {"mobile", "mail", "name"}


def reached_by(channel: Channel) -> set[str]:
    """Which fields say whom a program or service is to reach: `mobile`, `mail`, both, or none (a room that all read)."""
    return set(_FIELDS.findall(" ".join((*channel.command, channel.apprise))))


def _server(spec: Spec) -> tuple[str, str]:
    """`smtp` without its scheme, and `tls`. `smtps://host` is short for `tls: implicit`. A login in it would be shown around."""
    smtp, tls = spec.text("smtp"), spec.text("tls")
    where = smtp.removeprefix(_SMTPS).rstrip("/") if smtp.startswith(_SMTPS) else smtp
    if "@" in where:
        spec.wrong("smtp", "a login doesn't belong into smtp", f"user: …, and {', '.join(PASSWORDS)} or {PASSWORD_ENV} for the password")
    else:
        try:
            host_and_port(where or "localhost")
        except ValueError:
            spec.wrong("smtp", f"{smtp!r} is no mail server", "host:port, for example localhost:25")
    if tls not in ("", *TLS):
        spec.wrong("tls", f"no such tls: {tls}", f"one of {', '.join(TLS)}; without it port 465 is implicit, and this host needs none")
    return where, tls or ("implicit" if smtp.startswith(_SMTPS) else "")


def _retry(spec: Spec) -> Retry:
    usual = Retry()
    retry = Retry(
        spec.duration("for") or usual.lasting, spec.duration("refused") or usual.refused, spec.duration("pause") or usual.pause,
        spec.duration("longest") or usual.longest,
    )  # fmt: skip
    if retry.longest.total > _DAY or retry.pause.total > retry.longest.total:
        spec.wrong("longest", "the longest pause is from the first pause up to a day", "longest: 1h")
    spec.done()
    return retry


def _has_a_way(channel: Channel, spec: Spec) -> None:
    ways = [key for key in WAYS if getattr(channel, key)]
    if not ways:
        spec.wrong(
            None, f"channel {channel.name} says no way to send", "smtp: 'host:port', sendmail: /usr/sbin/sendmail, or command: [program, …]"
        )
    elif channel.by_mail and not channel.sender:
        spec.wrong(None, f"channel {channel.name} doesn't say whom its mail is from", "from: desk@example.com")


def _can_log_in(channel: Channel, spec: Spec) -> None:
    given = [key for key in PASSWORDS if getattr(channel, key)]
    if len(given) > 1:
        spec.wrong(given[1], f"two places for one password: {given[0]} and {given[1]}", "leave one out")
    if given and not channel.user:
        spec.wrong(given[0], f"channel {channel.name} has a password and nobody to log in", "user: desk@example.com")
    if channel.user and not channel.smtp:
        spec.wrong("user", "only smtp logs in", "leave user out")


def _can_redirect(channel: Channel, spec: Spec) -> None:
    if not channel.redirect:
        return
    wanted = {"mail"} if channel.by_mail else reached_by(channel)
    kind = "mail" if "@" in channel.redirect else "mobile"
    if wanted != {kind}:
        remedy = {"mail": "redirect: me@example.com", "mobile": "redirect: '+8613…'"}.get(*wanted) if len(wanted) == 1 else ""
        without = "take the channel out while you rehearse"
        spec.wrong("redirect", f"channel {channel.name} has no {kind} that could be another's", remedy or without)
