"""Columns and relations of the store, nothing else: every key is given or random, none counted."""

from __future__ import annotations

from survey_app.models.answers import (
    ObservationRow,
    PaperEntryRow,
    ReceiptListRow,
    ResponseRow,
    TicketRow,
)
from survey_app.models.base import Base
from survey_app.models.boards import BoardLinkRow
from survey_app.models.collect import CollectKeyRow, SubmissionFileRow, SubmissionRow
from survey_app.models.field import AmendmentRow, ArrivalRow, PhotoPlaceRow, PhotoRow
from survey_app.models.instruments import InstrumentVersionRow
from survey_app.models.printings import PrintingRow
from survey_app.models.programme import (
    ClassRow,
    CycleRow,
    ExpertRow,
    FocusGroupRow,
    InstitutionRow,
    LotRow,
    ProjectCountyRow,
    ProjectRow,
    RecorderRow,
    ReviewRow,
    SchoolRow,
    SendingRow,
    SessionRow,
    SourceRow,
    StageRow,
    StructureRow,
    VisitRow,
)
from survey_app.models.records import (
    FileRow,
    InvitationRow,
    RecordCheckRow,
    RecordRow,
    ReminderRow,
)
from survey_app.models.staff import (
    AccountRow,
    AttemptRow,
    AuditRow,
    JobRow,
    SignInRow,
)
from survey_app.models.tokens import RosterRow, SpentTokenRow, TokenKeyRow, TokenWindowRow
from survey_app.models.training import TrainingRatingRow
from survey_app.models.weights import FrameworkStateRow, FrameworkVersionRow

__all__ = [
    "AccountRow",
    "AmendmentRow",
    "ArrivalRow",
    "AttemptRow",
    "AuditRow",
    "Base",
    "BoardLinkRow",
    "ClassRow",
    "CollectKeyRow",
    "CycleRow",
    "ExpertRow",
    "FileRow",
    "FocusGroupRow",
    "FrameworkStateRow",
    "FrameworkVersionRow",
    "InstitutionRow",
    "InstrumentVersionRow",
    "InvitationRow",
    "JobRow",
    "LotRow",
    "ObservationRow",
    "PaperEntryRow",
    "PhotoPlaceRow",
    "PhotoRow",
    "PrintingRow",
    "ProjectCountyRow",
    "ProjectRow",
    "ReceiptListRow",
    "RecordCheckRow",
    "RecordRow",
    "RecorderRow",
    "ReminderRow",
    "ResponseRow",
    "ReviewRow",
    "RosterRow",
    "SchoolRow",
    "SendingRow",
    "SessionRow",
    "SignInRow",
    "SourceRow",
    "SpentTokenRow",
    "StageRow",
    "StructureRow",
    "SubmissionFileRow",
    "SubmissionRow",
    "TicketRow",
    "TokenKeyRow",
    "TokenWindowRow",
    "TrainingRatingRow",
    "VisitRow",
]
