"""The project's own reader room over a thousand authentications, with two readers at once, and with a
card that hangs, on a real pcscd."""

import os
import pathlib
import time
import unittest

from card_desk import Desk
from clinic import Clinic, wait_until
from pcsc import Card, Pcsc, card_log, forbidden, why_not

WHY_NOT = why_not()
SANITIZED = bool(os.environ.get("MADOGUCHI_SANITIZED"))
FIRST, SECOND = "valid-with-consents", "twins-no-branch"
PIN = "1234"
MANY, WARM_UP = 1000, 100
# A thousand more may cost the allocator a little; a kilobyte each would be a leak.
MOST_GROWTH = 1 << 20
EACH = 15
SLOW = "slow=20ms"
# Two at once against one alone. One after the other would be 2.
MOST_SLOWDOWN = 1.5


def usage(pid):
    """Bytes, threads and file descriptors of a process."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    fields = dict(line.split(":", 1) for line in status.splitlines())
    return (int(fields["VmRSS"].split()[0]) * 1024, int(fields["Threads"]),
            len(os.listdir(f"/proc/{pid}/fd")))


@unittest.skipIf(WHY_NOT, WHY_NOT)
class CardLoad(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pcsc = cls.enterClassContext(Pcsc())

    def setUp(self):
        self.clinic = Clinic()
        self.addCleanup(self.clinic.close)

    def begin(self, *behaviours, within=10.0):
        """A desk that sees a card on each of so many readers."""
        self.desk = Desk(self.clinic, self.pcsc, within)
        self.cards = [Card(self.clinic, self.pcsc, persona, behave, slot) for slot, (persona, behave)
                      in enumerate(zip((FIRST, SECOND), behaviours))]
        for card in self.cards:
            self.desk.wait_for_card(card.reader)

    def all_ok(self, tags):
        self.assertEqual([self.desk.answer(tag)["error"] for tag in tags], ["OK"] * len(tags))

    def authenticate(self, cards, times):
        """So many times on each, all at once. Returns the seconds."""
        start = time.monotonic()
        for _ in range(times):
            self.all_ok([self.desk.ask("open", card.reader, card.reader) for card in cards])
            self.all_ok([self.desk.ask("pin", card.reader, card.reader, PIN) for card in cards])
        return time.monotonic() - start

    def test_a_thousand_in_a_row(self):
        self.begin("")
        self.authenticate(self.cards, WARM_UP)
        memory, threads, descriptors = usage(self.desk.pid)
        seconds = self.authenticate(self.cards, MANY)
        after = usage(self.desk.pid)
        print(f"{MANY} authentications: {seconds / MANY * 1000:.1f} ms each, memory {memory} -> "
              f"{after[0]} bytes, {after[1]} threads, {after[2]} descriptors")
        self.assertEqual(after[1:], (threads, descriptors))
        if not SANITIZED:
            self.assertLess(after[0] - memory, MOST_GROWTH)
        self.assertEqual(len(card_log(self.clinic, "exchange")), 5 * (MANY + WARM_UP))
        self.assertEqual(forbidden(card_log(self.clinic)), set())

    def test_two_readers_at_once(self):
        self.begin(SLOW, SLOW)
        one, other = self.cards
        alone = max(self.authenticate([one], EACH), self.authenticate([other], EACH))
        both = self.authenticate([one, other], EACH)
        print(f"{EACH} authentications on a reader: {alone:.2f} s alone, {both:.2f} s at once")
        self.assertLess(both, MOST_SLOWDOWN * alone)

    def test_a_card_that_hangs_holds_up_nobody(self):
        self.begin("hang=2", "", within=0.5)
        hanging, other = self.cards
        tag = self.desk.ask("open", hanging.reader, "R1")
        wait_until(lambda: any(one["n"] == 2 for one in card_log(self.clinic, "exchange")))
        self.authenticate([other], 3)
        self.assertEqual(self.desk.answer(tag)["error"], "MDG-2120")
        self.desk.wait_for_reader(hanging.reader, lambda one: one["stuck"])
        self.assertEqual(self.desk.open(hanging.reader)["error"], "MDG-2120")
        self.authenticate([other], 3)
        # When the answer comes after all, the reader works again by itself.
        hanging.change("--behave", "none")
        self.desk.wait_for_reader(hanging.reader, lambda one: not one["stuck"])
        self.authenticate(self.cards, 3)
        self.assertEqual(forbidden(card_log(self.clinic)), set())

    def test_a_card_that_hangs_does_not_hold_up_the_end(self):
        self.begin("hang=4", "")
        hanging, other = self.cards
        self.assertEqual(self.desk.open(hanging.reader)["error"], "OK")
        tag = self.desk.ask("pin", hanging.reader, "R1", PIN)
        wait_until(lambda: any(one["act"] == "verify" for one in card_log(self.clinic, "exchange")))
        self.assertEqual(self.desk.open(other.reader, "R2")["error"], "OK")
        start = time.monotonic()
        self.assertFalse(self.desk.stop(1.0)["clean"])
        self.assertEqual(self.desk.answer(tag)["error"], "MDG-2116")
        self.assertEqual(self.desk.program.wait(), 0)
        self.assertLess(time.monotonic() - start, 5)

    def test_the_end_waits_for_what_is_under_way(self):
        self.begin("slow=200ms")
        reader = self.cards[0].reader
        self.assertEqual(self.desk.open(reader)["error"], "OK")
        tag = self.desk.ask("pin", reader, "R1", PIN)
        wait_until(lambda: any(one["act"] == "verify" for one in card_log(self.clinic, "exchange")))
        self.assertTrue(self.desk.stop()["clean"])
        self.assertEqual(self.desk.answer(tag)["error"], "OK")
        self.assertEqual(self.desk.program.wait(), 0)
        wait_until(lambda: card_log(self.clinic)[-1]["event"] == "power-off")
        self.assertEqual(forbidden(card_log(self.clinic)), set())


if __name__ == "__main__":
    unittest.main(verbosity=2)
