"""All kinds: adding one is a folder and a line here, and one in api/schema.py."""

from begat.core.kind import Kind
from begat.kinds.canonical_label.kind import CANONICAL_LABEL
from begat.kinds.endpoint.kind import ENDPOINT
from begat.kinds.improvement_task.kind import IMPROVEMENT_TASK
from begat.kinds.model.kind import MODEL, MODEL_VERSION
from begat.kinds.monitor.kind import MONITOR
from begat.kinds.sheet.kind import SHEET
from begat.kinds.source_table.kind import SOURCE_TABLE
from begat.kinds.template.kind import TEMPLATE
from begat.kinds.training_job.kind import TRAINING_JOB
from begat.kinds.training_sheet.kind import TRAINING_SHEET

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        SOURCE_TABLE,
        SHEET,
        TEMPLATE,
        CANONICAL_LABEL,
        TRAINING_SHEET,
        TRAINING_JOB,
        MODEL,
        MODEL_VERSION,
        ENDPOINT,
        MONITOR,
        IMPROVEMENT_TASK,
    )
}
