"""Deliberate breakages of what order settings promise."""

import copy
from datetime import date
from typing import Any, ClassVar

import msgspec

from chalicelib.domain.connections import Connection
from chalicelib.domain.counting import Counted, with_fields
from chalicelib.domain.days import Window, day_of
from chalicelib.domain.observing import STATUS_CHANGED, Before
from chalicelib.domain.order_settings import Recut
from chalicelib.domain.orders import Order
from chalicelib.domain.work import Attempt, DayKey, DocumentVersion, Head, Revision
from chalicelib.storage.documents import Documents
from chalicelib.workflows.fetch_day import FetchDay, Gathered, _cut
from chalicelib.workflows.make_revision import MakeRevision
from chalicelib.workflows.order_settings import ChangeOrderSettings, Wanted
from tests.sim.parts import Parts
from tests.sim.registry import breakage

SETTINGS: dict[str, float] = {"settings": 0.02, "change": 0.1}


class _ForgetsWhatWasObserved(Before):
    def _whole(self, ids: set[str]) -> dict[str, Order]:
        return {
            id_: with_fields(was, events=tuple(event for event in was.events if event.cause != STATUS_CHANGED))
            for id_, was in super()._whole(ids).items()
        }


@breakage("30-observed-events-not-copied")
class ObservedEventsNotCopied(Parts):
    rates: ClassVar = {"change": 0.12}
    bounds: ClassVar = {"make_revision.Before": _ForgetsWhatWasObserved}


@breakage("31-continuation-across-a-change-of-zone")
class ContinuationAcrossAChangeOfZone(Parts):
    rates: ClassVar = SETTINGS

    class FetchDay(FetchDay):
        def _inherited(self, day: DayKey, attempt: Attempt, window: Window) -> Gathered:
            if attempt.cursor is not None:
                cursor = f"{_cut(window)} {attempt.cursor.partition(' ')[2]}"
                attempt = msgspec.structs.replace(attempt, cursor=cursor)
            return super()._inherited(day, attempt, window)


@breakage("32-seam-taken-from-today")
class SeamTakenFromToday(Parts):
    rates: ClassVar = SETTINGS

    class ChangeOrderSettings(ChangeOrderSettings):
        def _with(self, connection: Connection, wanted: Wanted) -> tuple[Connection, Recut | None]:
            return ChangeOrderSettings._with(_SeamToday.of(self, wanted.time_zone), connection, wanted)


class _SeamToday(ChangeOrderSettings):
    @classmethod
    def of(cls, settings: ChangeOrderSettings, zone: str) -> ChangeOrderSettings:
        other = copy.copy(settings)
        other.__class__ = cls
        other.zone_wanted = zone  # type: ignore[attr-defined]
        return other

    def _seam(self, connection: Connection, due: Any) -> date:
        return day_of(self._now(), self.zone_wanted)  # type: ignore[attr-defined]


@breakage("33-closed-days-judged-by-the-settings-in-force")
class ClosedDaysJudgedByTheSettingsInForce(Parts):
    rates: ClassVar = SETTINGS

    class MakeRevision(MakeRevision):
        def _rule(self, head: Head, connection: Connection, before: Revision | None) -> tuple[Counted, int]:
            return self._counted_by(connection), connection.settings.version


@breakage("35-another-zone-followed-up-by-its-saver-alone")
class AnotherZoneFollowedUpByItsSaverAlone(Parts):
    rates: ClassVar = SETTINGS
    follows_up = False


@breakage("36-same-orders-cut-otherwise-are-the-same-day")
class SameOrdersCutOtherwiseAreTheSameDay(Parts):
    rates: ClassVar = SETTINGS
    bounds: ClassVar = {"make_revision._says_the_same": lambda before, revision: before.digest == revision.digest}


class _KeepsTheFactsItWasMadeOf(Documents):
    def confirm(self, day: DayKey, version: DocumentVersion, mark: int) -> bool:
        live = self.read(day)
        return super().confirm(day, live if live and live.attempt == version.attempt else version, mark)


@breakage("37-document-that-names-facts-that-are-cleaned")
class DocumentThatNamesFactsThatAreCleaned(Parts):
    rates: ClassVar = SETTINGS
    Documents = _KeepsTheFactsItWasMadeOf
