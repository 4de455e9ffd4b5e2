"""What arguments and enum values mean, said once where many fields share them.

A description that stands beside its field or value is kept; a test fails for a word that is described nowhere.
"""

from __future__ import annotations

from graphql import GraphQLEnumType, GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema

ARGUMENTS = {
    "action": "What somebody thinks of doing to it.",
    "add": "What to add.",
    "after": "The endCursor of the page before; the first page where unsaid.",
    "alias": "The alias's name, such as champion.",
    "baseline": "An earlier window of the endpoint to compare with.",
    "assignee": "Who is to do it; null: nobody.",
    "asOf": "A moment; later changes are left out.",
    "at": "A moment.",
    "bucket": "How the window is cut; HOUR where unsaid.",
    "catalog": "Only this catalog.",
    "delete": "The ids of what to delete.",
    "depth": "How many hops, at least 1; 1 where unsaid.",
    "direction": "Which way to walk.",
    "dryRun": "true: say what would happen, and change nothing.",
    "Endpoint.requests.text": "Only with this text in an input or answer, whatever the case.",
    "endpointId": "The endpoint.",
    "endpointVersionId": "Only of this deployment.",
    "evidence": "What speaks for closing.",
    "expectedCount": "How many items where selects; another number is a CONFLICT. Only a dry run may leave it out.",
    "expectedRevision": "The revision that the caller decided on; another one is a CONFLICT.",
    "format": "In which format.",
    "failed": "true: only items that failed.",
    "feedbackIds": "The feedbacks whose corrections are meant.",
    "filter": "What the walk follows and shows.",
    "first": "How many items at most, up to 1,000.",
    "grants": "Roles to give, to change or to take away; each principal once, at most 1,000.",
    "history": "true: past ones too.",
    "id": "The id of what is meant.",
    "idempotencyKey": "The same request sent twice under one key is done once; 1 to 200 characters, kept seven days.",
    "ids": "The ids of what is meant; [] does nothing.",
    "impactToken": "What a dry run returned: confirms just what it showed.",
    "input": "What to make or to change.",
    "itemRef": "The row, by its item key's value or its content's hash.",
    "itemRefs": "The rows, by their item key's value or their content's hash.",
    "items": "As ids, each with the revision that it is expected to have.",
    "key": "What names it.",
    "kinds": "Only of these kinds; all where unsaid.",
    "labelType": "The sort of label.",
    "least": "How often it must have been seen, from 1; clusters 2 and suggestions 3 where unsaid.",
    "minLatencyMs": "Only those that took at least so many milliseconds.",
    "model": "The model to ask.",
    "modelVersionId": "Only of this model version.",
    "Mutation.improvementSuggestionAccept.name": "What the task is called; the suggestion's title where unsaid.",
    "number": "Which one, counted from 1.",
    "onError": "What one failed item means for the others; SKIP_FAILED where unsaid.",
    "onlyErrors": "true: only those that were not answered.",
    "orderBy": "The order; by id, oldest first, where unsaid.",
    "origin": "Who asked; QUERY where unsaid.",
    "Query.lineagePaths.from": "The id of the asset, immutable node or row at one end.",
    "Query.lineagePaths.to": "The id of the one at the other end, made from the first or the other way round.",
    "Query.lineagePaths.first": "How many paths at most, up to 100; 10 where unsaid.",
    "Query.feedbacks.orderBy": "The order; newest first where unsaid.",
    "priority": "How urgent it is; NORMAL where unsaid.",
    "queue": "Which queue.",
    "reference": "What to compare with; where unsaid the rows that were measured on, if 100 or more, or those learned.",
    "reason": "Why; it is kept in the history. At most 2,000 characters.",
    "remove": "What to take away.",
    "requestId": "The request's id.",
    "reviewer": "The principal who is to review.",
    "schema": "Only this schema.",
    "sheetId": "The sheet.",
    "Endpoint.accuracy.bucket": "How the window is cut; there are no buckets where unsaid.",
    "Mutation.trainingSheetAddFromFeedback.expectedCount": "How many corrections where selects; another number is a "
    "CONFLICT. Not checked where unsaid.",
    "Mutation.trainingSheetAddFromFeedback.templateId": "Words the inputs anew by this template's published version; "
    "where unsaid, the questions are as they were asked.",
    "since": "From when on; times before it are left out.",
    "skip": "How many items to leave out first.",
    "status": "Only in this status.",
    "subjectId": "The id of what is commented on.",
    "text": "The text.",
    "trainingSheetId": "The training sheet.",
    "until": "When it ends.",
    "update": "What to change.",
    "where": "What to select; all that is given must hold.",
}
"""By the argument's name; `Type.field.argument` says something else for one of them."""

_LIFE = {
    "DRAFT": "Being made; it may still change.",
    "PUBLISHED": "Meant for use.",
    "DEPRECATED": "Not for new work; what uses it keeps it.",
    "QUEUED": "Waits for its turn.",
    "RUNNING": "Is being done.",
    "CANCELING": "Was asked to stop and has not yet.",
    "CANCELED": "Was stopped.",
    "SUCCEEDED": "Ended well.",
    "FAILED": "Ended with a failure, which says why.",
    "LOST": "The platform does not know it any more.",
    "READY": "Can be used.",
    "ACTIVE": "In use.",
}
_ORDER = {
    "IMPACT": "By the expected impact; without a score it counts as less than any",
    "PRIORITY": "By priority, LOW being the least",
    "ID": "By id, which is by the time of making",
    "NAME": "By name",
    "CREATED_AT": "By the time of making",
    "UPDATED_AT": "By the time of the last change",
    "POSITION": "By position in the training sheet",
    "AT": "By the time it was given",
}
_KINDS = {
    "SOURCE_TABLE": "A table of the platform's.",
    "SHEET": "A table with typed, described columns.",
    "TEMPLATE": "A prompt template.",
    "CANONICAL_LABEL": "The right answer for one row of a sheet.",
    "TRAINING_SHEET": "Questions with answers, made of a sheet and a template.",
    "TRAINING_JOB": "One training.",
    "MODEL": "A model, whatever its version.",
    "MODEL_VERSION": "One version of a model.",
    "SHEET_VERSION": "A sheet as it was.",
    "TEMPLATE_VERSION": "A template as it was.",
    "LABEL_VERSION": "A canonical label as it was.",
    "TRAINING_SHEET_VERSION": "A training sheet's definition.",
    "SNAPSHOT": "Frozen rows of a training sheet.",
    "GENERATION": "One act that added rows to a training sheet.",
    "EVALUATION": "One measurement of a model version.",
    "QA_PAIR": "A question with its answer: one row of a training sheet.",
    "ENDPOINT": "An address at which model versions answer.",
    "ENDPOINT_VERSION": "A deployment of an endpoint.",
    "MONITOR": "A watch over one metric of an endpoint.",
    "IMPROVEMENT_TASK": "Something to be mended.",
    "FEEDBACK": "What somebody said of one answer.",
}
VALUES: dict[str, dict[str, str]] = {
    "DeliveryStatus": {
        "PENDING": "Waits for its first or next try.",
        "DELIVERED": "The receiver took it.",
        "DEAD": "Was tried too often, or the receiver wants no more; it can be retried.",
    },
    "DriftMethod": {
        "KOLMOGOROV_SMIRNOV": "Tests numbers: the largest distance of the two distribution functions.",
        "PSI": "Sizes numbers: the population stability index over ten bins.",
        "CHI_SQUARE": "Tests categories: Pearson's chi-square over all of them.",
        "LARGEST_SHARE": "Tests categories: Fisher's exact test of the one share that moved most.",
        "JENSEN_SHANNON": "Sizes categories: the Jensen-Shannon distance, base 2.",
    },
    "DriftReference": {
        "TRAINING": "The rows that the models learned from, with their own answers.",
        "EVALUATION": "The rows that they were measured on, with what they answer to them.",
        "BASELINE": "An earlier window.",
    },
    "DriftVerdict": {
        "STABLE": "No difference that would be certain and large enough.",
        "DRIFT": "A difference that is certain and large enough.",
        "INSUFFICIENT_DATA": "Too few values to say anything.",
    },
    "MonitorMetric": {
        "ERROR_RATE": "Failures by no fault of the caller's, of all requests; 0 to 1.",
        "P50_LATENCY": "Milliseconds within which half of the answers came.",
        "P95_LATENCY": "Milliseconds within which 95 of 100 answers came.",
        "P99_LATENCY": "Milliseconds within which 99 of 100 answers came.",
        "REQUEST_RATE": "Requests a second; 0 without any.",
        "NEGATIVE_FEEDBACK": "NEGATIVE of the ratings that were given in the window; 0 to 1.",
        "ACCURACY": "Right of the answers that were judged in the window; 0 to 1.",
        "DRIFT": "How many fields drifted.",
    },
    "MonitorStatus": {
        "ACTIVE": "Looks; all is well.",
        "ALERTING": "Looks; it fired.",
        "ACKNOWLEDGED": "Looks; it fired, and somebody took that up.",
        "PAUSED": "Does not look.",
    },
    "MonitorVerdict": {
        "OK": "Within bounds.",
        "HELD": "No breach, and not so far within bounds that an alarm ends.",
        "BREACH": "Out of bounds.",
        "INSUFFICIENT_DATA": "Too little data to say anything.",
    },
    "AnswerMethod": {
        "COLUMN": "A column of the sheet holds the answers.",
        "CHAT": "A chat model answers.",
        "LABELS_ONLY": "Only canonical labels answer.",
        "FEEDBACK": "People answered: they corrected what an endpoint said.",
        "ENDPOINT": "An endpoint of begat's own answers.",
    },
    "AssetKind": _KINDS,
    "Bucket": {"MINUTE": "Full minutes.", "HOUR": "Full hours.", "DAY": "Full days, of UTC."},
    "CanonicalLabelStatus": {
        "UNVERIFIED": "Nobody has looked at it yet.",
        "NEEDS_REVIEW": "Somebody doubts it.",
        "VERIFIED": "Somebody has confirmed it.",
        "REJECTED": "It is wrong.",
    },
    "CompletenessReason": {
        "LIMIT": "There is more than one answer may hold.",
        "DEADLINE": "There was no time for more: the hops that are shown are shown whole.",
        "HIDDEN": "Some of it the caller may not see.",
    },
    "ErrorCode": {
        "BAD_INPUT": "The request cannot be meant so; path names the field.",
        "NOT_FOUND": "It does not exist, or the caller may not see it.",
        "FORBIDDEN": "The caller's role does not suffice.",
        "CONFLICT": "It has changed since the caller looked.",
        "ILLEGAL_MOVE": "Its status or retention does not allow that.",
        "GUARD_FAILED": "A condition of the move does not hold.",
        "IN_USE": "Something live depends on it.",
        "DUPLICATE": "There is one already.",
        "LIMIT": "It is more than is allowed.",
        "UNAVAILABLE": "Something begat needs does not answer now; try again.",
        "PLATFORM": "The platform refused or failed.",
    },
    "FeedbackStatus": {
        "NEW": "Nobody has looked at it.",
        "TRIAGED": "Somebody means to do something.",
        "RESOLVED": "Something was done.",
        "DISMISSED": "Nothing follows from it.",
    },
    "ImprovementTaskStatus": {
        "OPEN": "Waits to be taken up.",
        "IN_PROGRESS": "Somebody works on it.",
        "RESOLVED": "What was to be done is done.",
        "CLOSED": "It is proven that it helped, or said why it ends.",
        "DISMISSED": "Nothing is to be done.",
    },
    "ImpactAction": {
        "ARCHIVE": "To put it aside.",
        "TRASH": "To put it in the trash.",
        "PURGE": "To erase it; only from the trash.",
        "UPDATE": "To edit it.",
    },
    "Priority": {
        "LOW": "When there is time.",
        "NORMAL": "In its turn.",
        "HIGH": "Before others.",
        "URGENT": "Now.",
    },
    "SuggestionKind": {
        "FREQUENT_CORRECTION": "One answer is often corrected to one other.",
        "RECURRING_ISSUE": "People often say alike what is wrong, or ask alike what is answered wrongly.",
        "CONFUSED_ANSWERS": "Two answers are corrected to each other.",
        "DRIFTED_FIELD": "A field is not any more as the model learned it.",
        "FAILED_ROWS": "Rows of a training sheet behind the endpoint have no answer.",
        "LABEL_DISAGREES": "The model that serves says something else than what was approved.",
    },
    "SuggestionStatus": {
        "OPEN": "Nothing was decided.",
        "ACCEPTED": "It became a task.",
        "DISMISSED": "Nothing is to be done.",
    },
    "TaskSource": {
        "FEEDBACK": "What people said of answers.",
        "MONITOR": "A monitor.",
        "SUGGESTION": "A suggestion that was accepted.",
    },
    "Rating": {"POSITIVE": "The answer was good.", "NEGATIVE": "It was not."},
    "HyperparameterType": {
        "INTEGER": "A whole number.",
        "NUMBER": "A number.",
        "BOOLEAN": "true or false.",
        "CHOICE": "One of some words.",
    },
    "LabelFormat": {"CSV": "Comma-separated values with a header.", "JSONL": "One JSON object a line."},
    "LabelUse": {
        "TRAINING": "Models may learn from it.",
        "VALIDATION": "Models may be tuned on it.",
        "EVALUATION": "Models may be measured on it.",
        "FEW_SHOT": "Prompts may show it.",
    },
    "LineageDeleted": {
        "INCLUDE": "Show what is in the trash or purged, with its retention.",
        "BRIDGE": "Leave it out and join its neighbours; the hop counts.",
        "EXCLUDE": "Leave it out and do not go through it.",
    },
    "Direction": {"UP": "To what it was made from.", "DOWN": "To what was made from it."},
    "LineageFormat": {
        "JSON": "The JSON Graph Format, version 2.",
        "CSV": "One table of the head, the nodes and the edges.",
        "MERMAID": "A Mermaid flow chart.",
        "GRAPHML": "GraphML, an XML that graph tools read.",
        "OPENLINEAGE": "OpenLineage events, one a line.",
        "PROV": "W3C PROV-JSON.",
        "CYCLONEDX": "A CycloneDX ML-BOM, version 1.6.",
    },
    "LineageLevel": {
        "ASSET": "Each immutable node is shown as its asset.",
        "VERSION": "Each immutable node is shown as itself.",
    },
    "LineageRelation": {
        "READS": "A sheet's version reads a table.",
        "FED_BY": "A table is filled from another, as an importer of lineage says.",
        "BUILT_FROM": "Rows were made of a sheet's version.",
        "PROMPTED_BY": "Rows were worded by a template's version.",
        "ANSWERED_BY": "A model version answered.",
        "TRAINED_ON": "A training learned from frozen rows.",
        "STARTED_FROM": "A training went on from a model version.",
        "PRODUCED_BY": "A training made the model version.",
        "RETRY_OF": "A training repeats one that did not succeed.",
        "SERVES": "A deployment lets the model version answer.",
        "WATCHES": "A monitor measures the endpoint.",
        "RAISED_FROM": "What an improvement is to mend.",
        "EVALUATES": "A measurement of a model version.",
        "EVALUATED_ON": "The frozen rows that it was measured on.",
        "GENERATED_IN": "The act that made the row.",
        "ANSWERED_WITH": "The label's version that answered the row.",
        "CORRECTS": "The row's answer is the correction that a feedback gave.",
        "ABOUT": "What answered the request that a feedback is about.",
        "INCLUDES": "The frozen rows hold this row.",
        "USES_LABEL": "The frozen rows hold answers of this label's version.",
    },
    "LineageVersions": {"CURRENT": "Start at the current version.", "ALL": "Start at every version."},
    "LogInputs": {
        "ALL": "All of them.",
        "REDACTED": "All but the values of named fields, and of questions that are worded already.",
        "NONE": "Nothing.",
    },
    "ModelStatus": _LIFE,
    "ModelVersionStatus": {**_LIFE, "REGISTERING": "Its file is being kept.", "RETIRED": "Not for use any more."},
    "NodeKind": _KINDS,
    "OnError": {
        "SKIP_FAILED": "Do what can be done.",
        "ALL_OR_NOTHING": "Keep nothing when one item fails; for at most 1,000 items.",
    },
    "QaPairSource": {
        "LABEL": "A canonical label.",
        "COLUMN": "The sheet's column.",
        "GENERATED": "A model.",
        "MANUAL": "A person.",
        "FEEDBACK": "A feedback.",
        "IMPORTED": "A file.",
    },
    "QaPairStatus": {
        "PENDING": "Waits for a review.",
        "APPROVED": "Decided: it is right.",
        "REJECTED": "Decided: it is wrong.",
        "FLAGGED": "Needs a second look.",
        "FAILED": "Has no answer, as its generation failed.",
        "GENERATING": "Waits for its answer.",
        "DISPUTED": "Its reviews disagree.",
    },
    "Retention": {
        "LIVE": "In daily use.",
        "ARCHIVED": "Put aside: it can be restored, and traces show it.",
        "TRASHED": "On its way out: it can be restored.",
        "PURGED": "Its content is erased; what remains keeps the lineage whole.",
    },
    "ReviewQueue": {"PENDING": "What nobody has decided.", "EXPERT": "What was flagged."},
    "Role": {
        "VIEWER": "May read.",
        "REVIEWER": "May also decide on pairs and verify labels.",
        "EDITOR": "May also make and change assets.",
        "OPERATOR": "May also act on what is in production.",
        "OWNER": "May also give and take roles.",
    },
    "SheetStatus": _LIFE,
    "SourceTableStatus": {"AVAILABLE": "The platform has it.", "MISSING": "The platform has it no more."},
    "Split": {"TRAIN": "To learn from.", "VALIDATION": "To tune on.", "TEST": "To measure on."},
    "SplitGroup": {"ITEM_REF": "Rows of one source row stay together."},
    "TemplateStatus": _LIFE,
    "TrainingJobStatus": _LIFE,
    "TrainingSheetStatus": {
        **_LIFE,
        "GENERATING": "Its rows are being made.",
        "IN_REVIEW": "Its rows wait for decisions.",
        "APPROVED": "Every row is decided.",
        "FINALIZED": "Its rows are frozen; it never changes again.",
    },
    "BulkJobStatus": _LIFE,
    "VerdictWord": {"APPROVE": "It is right.", "REJECT": "It is wrong.", "FLAG": "It needs a second look."},
}
ROOTS = {
    "Query": "All that can be asked.",
    "Mutation": "All that can be done; each answers with its errors.",
    "Subscription": "All that can be watched, over WebSocket or server-sent events.",
}


def describe(schema: GraphQLSchema) -> GraphQLSchema:
    """Fills in what has no description of its own; returns the schema."""
    for name, type in schema.type_map.items():
        if name.startswith("__"):
            continue
        if isinstance(type, GraphQLObjectType | GraphQLInterfaceType):
            type.description = type.description or ROOTS.get(name)
            for field_name, field in type.fields.items():
                for argument_name, argument in field.args.items():
                    said = ARGUMENTS.get(f"{name}.{field_name}.{argument_name}", ARGUMENTS.get(argument_name))
                    argument.description = argument.description or said
        elif isinstance(type, GraphQLEnumType):
            for value_name, value in type.values.items():
                value.description = value.description or _value(name, value_name)
    return schema


def _value(enum: str, value: str) -> str | None:
    if enum.endswith("Order"):
        field, _, direction = value.rpartition("_")
        return f"{_ORDER[field]}, {'descending' if direction == 'DESC' else 'ascending'}." if field in _ORDER else None
    return VALUES.get(enum, {}).get(value)
