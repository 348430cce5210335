"""Make the project's own desk: the tickets and notices at the top of this repository, by real `itsm` commands at given instants.

    python scripts/own_desk.py FOLDER     into FOLDER, which must not be there yet
    python scripts/own_desk.py            anew into this repository, in place of the tickets that are there

The commands run in a scratch folder with the repository's sla.yaml, where `itsm sender take` lets the sweeps act.
Times are the desk's (Asia/Shanghai). Before each command cron's sweep runs, so that calls and moves come from rules.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

ROOT = Path(__file__).parents[1]
ITSM = Path(sys.executable).with_name("itsm")
ZONE = ZoneInfo("Asia/Shanghai")
NOVEMBER = (2026, 11)

WEEK = """
16 09:12  mei        open '三台 UPS 中有一台故障' --channel alert --ci ups-2 --category power --impact high --urgency medium \
                    --name 机房监控 --phone 010-55550100 --email noc@example.com \
                    --description '监控报警:2 号 UPS 不再供电,1 号和 3 号承担全部负载。'
16 09:14  mei        assign 1 servicedesk
16 09:20  han        escalate 1 facilities --to wu.gang
16 09:33  wu.gang    start 1
16 09:35  wu.gang    contacted 1
16 10:02  mei        open 'Host web-03 does not answer' --channel phone --ci web-03 --category host --urgency high --name 王芳 \
                    --mobile +8613800000001 --email wang.fang@example.com --org 华东分公司 \
                    --description 'No ping, no SSH since about ten. The shop runs on it.'
16 10:04  mei        assign 2 servicedesk
16 10:09  anna       escalate 2 systems
16 10:31  mei        answer 2 yes
16 10:33  zhang.wei  start 2
16 10:40  wu.gang    note 1 'A capacitor has burst. The vendor brings a new module.'
16 10:41  wu.gang    pend 1 --for vendor --until '2026-11-24 10:00'
16 11:25  zhang.wei  resolve 2 --how 'Replaced the power supply and restarted the host'
16 11:40  mei        answer 2 confirmed --score 5
16 14:05  tom        open 'FTP 很慢,上传 2 GB 要六个小时' --channel email --ci ftp-01 --category network --impact low \
                    --urgency high --name 赵敏 --mobile +8613800000002 --email zhao.min@example.com --org 西南分公司 \
                    --description '从上周五开始,下载正常,只有上传很慢。'
16 14:06  tom        assign 3 servicedesk --to han
16 14:30  han        start 3
16 14:52  han        escalate 3 network --to li.lei
16 15:14  tom        answer 3 no --note 'Nobody has called her'
16 15:21  li.lei     contacted 3
16 15:22  li.lei     start 3
16 16:40  li.lei     resolve 3 --how 'A port at the edge switch had fallen back to 100 Mbit/s half duplex'
16 17:05  tom        answer 3 unconfirmed --note 'She wants to see tomorrow whether it stays fast'
17 09:30  mei        open 'What does a mailbox cost?' --type inquiry --channel phone --name 'Peter Olsen' --mobile +8613800000003 \
                    --org Nordlicht --answered 'Five a month and user, with 50 GB'
17 10:15  mei        open '重置域账号密码' --type request --channel walk-in --category account --impact low --urgency high \
                    --name 刘洋 --phone 010-55550142 --org 财务部
17 10:16  mei        assign 5 servicedesk
17 10:18  anna       start 5
17 10:24  anna       resolve 5 --how 'New password handed over in person, identity card checked'
17 10:25  mei        answer 5 confirmed
17 11:02  tom        open 'Free reboot of hosted server db-07' --type request --channel web --ci db-07 --category hosting \
                    --impact low --urgency medium --name 'Ingrid Larsen' --mobile +8613800000004 --email ingrid@example.org \
                    --org Nordlicht
17 11:03  tom        assign 6 systems --to david
17 11:20  david      start 6
17 11:31  david      resolve 6 --how 'Rebooted; all services are up'
17 11:50  tom        answer 6 not-solved --note 'The database did not come up'
17 12:05  david      start 6
17 12:12  david      resolve 6 --how 'Started the database by hand, and put it into the boot order'
17 13:10  tom        answer 6 confirmed --score 3 --note 'Works now'
18 09:05  mei        open 'Printer on the third floor prints blank pages' --channel chat --category printer --impact low \
                    --name 孙丽 --email sun.li@example.com --org 市场部
18 09:07  mei        assign 7 servicedesk
18 09:21  tom        open '三楼打印机只出白纸' --channel phone --category printer --impact low --name 孙丽 --phone 010-55550177 \
                    --org 市场部
18 09:24  tom        link 8 --duplicate-of 7
18 09:25  tom        cancel 8 --why 'Opened twice, see T-7'
18 09:50  anna       start 7
18 10:05  anna       contacted 7
18 10:20  anna       resolve 7 --how 'A new toner cartridge'
18 10:45  mei        answer 7 confirmed --score 4
19 14:30  mei        open 'On-site visit: a desk for a new hire on Monday' --type request --channel email --category workplace \
                    --impact low --urgency medium --name 'Marta Kovacs' --email marta@example.com --phone 010-55550163 --org 人事部 \
                    --description 'Desk 4-112: a PC, a phone, and somebody who shows her around the systems.'
19 14:32  mei        assign 9 servicedesk --to anna
20 09:40  tom        open 'Move the VPN to the new gateway' --type change --channel web --ci vpn-gw-2 --category network \
                    --impact high --urgency low --name 李雷 --email li.lei@example.com --org 网络部
20 09:45  tom        assign 10 network --to sofia
20 10:10  sofia      start 10
20 10:12  sofia      note 10 'Window agreed with all branches: Saturday 28 November, 22:00 to 24:00' --to-customer
20 16:20  mei        open '新建邮箱:adam.nowak' --type request --channel web --category mail --impact low --urgency low \
                    --name 'Adam Nowak' --mobile +8613800000006 --org 华东分公司
20 16:21  mei        assign 11 servicedesk
20 16:35  han        start 11
21 11:00  han        resolve 11 --how 'Mailbox made, password sent by SMS'
21 11:20  mei        answer 11 unconfirmed --note 'He looks at it on Monday'
22 19:48  tom        open 'VPN 连不上,提示证书过期' --channel phone --category network --urgency high --name 周杰 \
                    --mobile +8613800000007 --org 西南分公司
"""
SWEEPS = ("17 09:00", "17 11:40", "17 17:00", "18 13:10", "19 11:00", "19 17:05", "20 17:05", "21 16:20", "22 11:20", "22 19:50")
"""Sweeps between the commands: daily reminders, surveys, and T-3's automatic close, 3 days after its customer was told."""


def main(arguments: list[str]) -> int:
    """Make the desk in a scratch folder, then put it where it is wanted."""
    target = Path(arguments[0]) if arguments else ROOT
    if target != ROOT and target.exists():
        print(f"{target} is there already", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="itsm-own-") as folder:
        desk = Path(folder)
        shutil.copy(ROOT / "sla.yaml", desk)
        (desk / "tickets").mkdir()
        play(desk)
        for part in ("tickets", "notices"):
            if target == ROOT:
                shutil.rmtree(target / part, ignore_errors=True)
            shutil.copytree(desk / part, target / part)
        if target != ROOT:
            shutil.copy(ROOT / "sla.yaml", target)
    return 0


def play(desk: Path) -> None:
    """All commands in the order of time, a sweep before each."""
    lines = [line.split(maxsplit=3) for line in WEEK.strip().splitlines()]
    commands = [(f"{day} {time}", who, shlex.split(command)) for day, time, who, command in lines]
    sweeps = [(when, "cron", ["sweep"]) for when in SWEEPS]
    itsm(desk, commands[0][0], "cron", ["sender", "take"])
    itsm(desk, commands[0][0], "cron", ["sweep"])
    for when, who, command in sorted([*commands, *sweeps], key=lambda one: one[0]):
        if command != ["sweep"]:
            itsm(desk, when, "cron", ["sweep"])
        itsm(desk, when, who, command)


def itsm(desk: Path, when: str, who: str, command: list[str]) -> None:
    """One command at one time. A failure ends it all."""
    now = datetime.strptime(when, "%d %H:%M").replace(year=NOVEMBER[0], month=NOVEMBER[1], tzinfo=ZONE).astimezone(UTC)
    asked = {"ITSM_NOW": f"{now:%Y-%m-%dT%H:%M:%SZ}", "ITSM_USER": who, "HOME": str(desk), "LANG": "C.UTF-8"}
    subprocess.run(
        [str(ITSM), *command], cwd=desk, env={"PATH": os.environ["PATH"]} | asked, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        check=True,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
