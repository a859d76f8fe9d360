"""The error tree. Every error carries a code for machines and one sentence for people.

StudioError
├── InvalidSetting        an environment variable that cannot be used
├── InvalidInput          form or request values, with a sentence for each field
├── NotFound              no such item, run or page
│   └── ItemDamaged       its bytes are not those that were stored
├── WorkStopped           a long work that somebody asked to end
├── StorageError          the studio's file
│   ├── UnusableDatabase  a folder, read-only, foreign, truncated
│   │   ├── NewerDatabase
│   │   ├── LostWal
│   │   └── SelfCheckFailed
│   ├── ImportRefused     a source that nothing can be brought in from
│   ├── BackupRefused     a backup that could not be made, or a file that is none
│   ├── ExportRefused     an export that could not be made; nothing half made is left
│   ├── StorageBusy       try again in a moment
│   ├── DiskFull
│   └── DiskFailed        the disk did not read or write; nothing is written for a while
├── BytesGone             an item that was thinned: it is known, its bytes are not kept
├── RetentionRefused      an automatic deletion that would not be safe; nothing was deleted
├── MediaRefused          bytes that are not what they claim, or that the decoder did not survive
├── DownloadFailed        bytes that could not be brought home; another try may help
│   ├── AddressRefused    an address that the studio does not fetch from
│   ├── DownloadTooLarge  more bytes than the studio keeps
│   └── OutputExpired     the provider has removed it
├── ProcessFailed         a helper process hung or ran out of memory
│   └── ProcessDied       it ended without a word
├── LeaseLost             another worker holds the job now
├── SecretElsewhere       a run's secret inputs are known to another process only
├── BudgetReached         the next run would cost more than the budget allows
├── WebhookRefused        a message that the provider did not sign, or that is too old or too large
└── ProviderError
    ├── UnknownModel
    ├── PredictionFailed  the provider says so, in its words
    │   └── PredictionInterrupted  for a passing reason: a new prediction may do better
    ├── PredictionLost    the provider no longer knows the prediction
    ├── TokenRefused      there is no token, or the provider does not take it
    ├── NoCredit          the account has nothing left to pay with
    ├── RateLimited       asked too often; carries the seconds to wait
    ├── ProviderUnreachable  no answer, or one that makes no sense; nothing was created
    └── SubmissionUnclear it cannot be known whether a prediction was created
"""

from collections.abc import Mapping
from typing import ClassVar


class StudioError(Exception):
    """Base of all errors that have something to say to a person."""

    code: ClassVar[str] = "internal"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class InvalidSetting(StudioError):
    """A setting from the environment that cannot be used."""

    code = "invalid_setting"

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(f"{name}: {sentence}")
        self.name = name


class InvalidInput(StudioError):
    """Values that a model does not take; `fields` maps each field's name to its sentence."""

    code = "invalid_input"

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = dict(fields)


class NotFound(StudioError):
    """There is nothing under this name or number."""

    code = "not_found"


class ItemDamaged(NotFound):
    """The item is there, and its bytes are not those that were stored."""

    code = "item_damaged"


class WorkStopped(StudioError):
    """Somebody asked a long work to end before it was done."""

    code = "work_stopped"


class StorageError(StudioError):
    """Something about the studio's file."""

    code = "storage"


class UnusableDatabase(StorageError):
    """The path does not lead to a studio file that can be opened."""

    code = "unusable_database"


class NewerDatabase(UnusableDatabase):
    """The file was written by a newer version of the studio."""

    code = "newer_database"


class LostWal(UnusableDatabase):
    """The file's newest changes were in a -wal file that is gone."""

    code = "lost_wal"


class SelfCheckFailed(UnusableDatabase):
    """A connection does not have the settings that keep data safe."""

    code = "self_check_failed"


class BackupRefused(StorageError):
    """A backup that cannot be made, or a file that is not one; nothing was changed."""

    code = "backup_refused"


class ExportRefused(StorageError):
    """An export that cannot be made where and as it was asked for; nothing half made is left."""

    code = "export_refused"


class ImportRefused(StorageError):
    """Nothing can be brought in from there; nothing was changed."""

    code = "import_refused"


class StorageBusy(StorageError):
    """The file is in use in a way that keeps us from writing now; nothing was written."""

    code = "storage_busy"


class DiskFull(StorageError):
    """No room for the write; nothing was written."""

    code = "disk_full"


class DiskFailed(StorageError):
    """The disk could not read or write the studio's file; what was to be written was not."""

    code = "disk_failed"


class BytesGone(StudioError):
    """The item was thinned: thumbnail, recipe and hash are kept, its bytes are not."""

    code = "bytes_gone"


class RetentionRefused(StudioError):
    """An automatic deletion that would not be safe now; nothing was deleted."""

    code = "retention_refused"


class MediaRefused(StudioError):
    """Bytes that are not kept as good media."""

    code = "media_refused"


class DownloadFailed(StudioError):
    """Bytes could not be brought home; another try may help. `status` is the HTTP answer, where there was one."""

    code = "download_failed"

    def __init__(self, sentence: str, status: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status


class AddressRefused(DownloadFailed):
    """An address that the studio does not fetch from; nothing was sent to it."""

    code = "address_refused"


class DownloadTooLarge(DownloadFailed):
    """More bytes than the studio keeps; the rest was not read."""

    code = "download_too_large"


class OutputExpired(DownloadFailed):
    """The provider has removed what was there."""

    code = "output_expired"


class ProcessFailed(StudioError):
    """A helper process died, hung or needed too much memory."""

    code = "process_failed"


class ProcessDied(ProcessFailed):
    """A helper process ended without a word, by itself or by a signal from outside."""

    code = "process_died"


class LeaseLost(StudioError):
    """Another worker took the job over; this one must let go of it."""

    code = "lease_lost"


class SecretElsewhere(StudioError):
    """A run has secret inputs, which are never stored, and another process was told them."""

    code = "secret_elsewhere"


class BudgetReached(StudioError):
    """The next run would cost more than the budget allows."""

    code = "budget_reached"


class WebhookRefused(StudioError):
    """A message that is not proved to be the provider's; `status` is the HTTP answer."""

    code = "webhook_refused"

    def __init__(self, sentence: str, status: int = 401) -> None:
        super().__init__(sentence)
        self.status = status


class ProviderError(StudioError):
    """Something between the studio and a provider."""

    code = "provider"


class UnknownModel(ProviderError):
    """No provider offers this model."""

    code = "unknown_model"


class PredictionFailed(ProviderError):
    """The provider ended the prediction without a result."""

    code = "prediction_failed"


class PredictionLost(ProviderError):
    """The provider does not know this prediction (any more)."""

    code = "prediction_lost"


class PredictionInterrupted(PredictionFailed):
    """The provider ended the prediction for a passing reason; a new one may do better."""

    code = "prediction_interrupted"


class TokenRefused(ProviderError):
    """There is no token, or the provider does not take it."""

    code = "token_refused"


class NoCredit(ProviderError):
    """The account has nothing left to pay with; nothing was created."""

    code = "no_credit"


class RateLimited(ProviderError):
    """Asked too often; nothing was created. `retry_after` is in seconds."""

    code = "rate_limited"

    def __init__(self, sentence: str, retry_after: float) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class ProviderUnreachable(ProviderError):
    """No answer, or one that makes no sense; nothing was created."""

    code = "provider_unreachable"


class SubmissionUnclear(ProviderError):
    """A request to create a prediction was sent, and it cannot be known whether it was taken."""

    code = "submission_unclear"
