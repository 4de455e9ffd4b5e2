"""What the demo sends: the same operations that every client of begat's sends."""

ERRORS = "errors { message }"
OUTCOMES = "outcomes { ok error { message } } errors { message }"

FIND = """query Find($kind: AssetKind!, $name: String!) {
  assets(
    where: { kinds: [$kind], text: $name, tags: ["banking77"], retention: [LIVE, ARCHIVED, TRASHED] }
    first: 100
  ) {
    nodes { id name statusName retention }
  }
}"""
SHEET_CREATE = f"""mutation SheetCreate($input: SheetCreateInput!) {{
  sheetCreate(input: $input) {{ node {{ id }} {ERRORS} }}
}}"""
SHEET_PUBLISH = f"""mutation SheetPublish($ids: [ID!]) {{ sheetPublish(ids: $ids) {{ {OUTCOMES} }} }}"""
TEMPLATE_CREATE = f"""mutation TemplateCreate($input: TemplateCreateInput!) {{
  templateCreate(input: $input) {{ node {{ id }} {ERRORS} }}
}}"""
TEMPLATE_PUBLISH = f"""mutation TemplatePublish($ids: [ID!]) {{ templatePublish(ids: $ids) {{ {OUTCOMES} }} }}"""
LABEL_IMPORT = f"""mutation LabelImport($input: CanonicalLabelImportInput!) {{
  canonicalLabelImport(input: $input) {{ created updated unchanged rejected {ERRORS} }}
}}"""
TRAINING_SHEET_CREATE = f"""mutation TrainingSheetCreate($input: TrainingSheetCreateInput!) {{
  trainingSheetCreate(input: $input) {{ node {{ id }} {ERRORS} }}
}}"""
GENERATE = f"""mutation TrainingSheetGenerate($ids: [ID!]) {{ trainingSheetGenerate(ids: $ids) {{ {OUTCOMES} }} }}"""
TRAINING_SHEET = """query TrainingSheet($id: ID!) {
  trainingSheet(id: $id) { statusName progress { done total } failure { message }
    review { total decided } pairs(first: 0, where: { status: [PENDING] }) { totalCount } }
}"""
APPROVE_PAIRS = f"""mutation Approve($sheet: ID!, $count: Int!) {{
  qaPairApprove(where: {{ trainingSheetId: $sheet, status: [PENDING] }}, expectedCount: $count) {{
    matched changed job {{ id }} outcomes(first: 1) {{ ok error {{ message }} }} {ERRORS}
  }}
}}"""
BULK_JOB = """query BulkJob($id: ID!) { bulkJob(id: $id) { statusName progress { done total } failure { message } } }"""
APPROVE = f"""mutation TrainingSheetApprove($ids: [ID!]) {{ trainingSheetApprove(ids: $ids) {{ {OUTCOMES} }} }}"""
FINALIZE = f"""mutation TrainingSheetFinalize($ids: [ID!]) {{ trainingSheetFinalize(ids: $ids) {{ {OUTCOMES} }} }}"""
TRAIN = f"""mutation Train($input: TrainingJobCreateInput!) {{
  trainingJobCreate(input: $input) {{ node {{ id }} {ERRORS} }}
}}"""
JOB = """query Job($id: ID!) {
  trainingJob(id: $id) { statusName progress { done total } failure { message }
    produced { id name number aliases evaluations { id metric split value low high sampleSize } } }
}"""
PROMOTE = f"""mutation Promote($id: ID!, $reason: String) {{
  modelVersionPromote(id: $id, reason: $reason) {{ node {{ id }} {ERRORS} }}
}}"""
CHAMPION = """query Champion($model: String!) {
  models(where: { text: $model }, first: 100) { nodes { name champion { id } } }
}"""
DEPLOY = f"""mutation Deploy($input: EndpointDeployInput!) {{
  endpointDeploy(input: $input) {{ node {{ id }} {ERRORS} }}
}}"""
REDEPLOY = f"""mutation Redeploy($id: ID!, $input: EndpointUpdateInput!) {{
  endpointUpdate(id: $id, input: $input) {{ node {{ id }} {ERRORS} }}
}}"""
ENDPOINT = """query Endpoint($id: ID!) {
  endpoint(id: $id) { statusName health { reason } version { traffic { percent modelVersion { id } } } }
}"""
ASK = f"""mutation Ask($id: ID!, $inputs: JSON!) {{
  endpointQuery(id: $id, inputs: $inputs) {{ requestId outputs {ERRORS} }}
}}"""
REQUESTS = """query Requests($id: ID!, $first: Int!, $after: String) {
  endpoint(id: $id) { requests(first: $first, after: $after) {
    nodes { requestId input output feedback { id rating } } pageInfo { hasNextPage endCursor }
  } }
}"""
CORRECTIONS = """query Corrections($id: ID!) {
  feedbacks(where: { endpointId: $id, hasCorrection: true }, first: 0) { totalCount }
}"""
FEEDBACK = f"""mutation Feedback($input: FeedbackSubmitInput!) {{
  feedbackSubmit(input: $input) {{ node {{ id }} {ERRORS} }}
}}"""
WATCHED = """query Watched($id: ID!) {
  endpoint(id: $id) {
    name metrics { requests errors latency { p50 p95 p99 } }
    feedbackSummary { total negative byModelVersion { modelVersion { id name } positive negative } }
    drift { verdict fields { field method statistic threshold verdict sampleSize } }
  }
}"""
MONITOR_CREATE = f"""mutation MonitorCreate($input: MonitorCreateInput!) {{
  monitorCreate(input: $input) {{ node {{ id }} {ERRORS} }}
}}"""
MONITOR = """query Monitor($id: ID!) { monitor(id: $id) { statusName lastAt lastValue } }"""
SUGGESTIONS = """query Suggestions($id: ID!) {
  improvementSuggestions(endpointId: $id, first: 3) { nodes { key statusName title } }
}"""
SUGGESTION_ACCEPT = f"""mutation Accept($key: ID!) {{
  improvementSuggestionAccept(key: $key) {{ node {{ id }} {ERRORS} }}
}}"""
TASK_CREATE = f"""mutation TaskCreate($input: ImprovementTaskCreateInput!) {{
  improvementTaskCreate(input: $input) {{ node {{ id }} {ERRORS} }}
}}"""
TASK = """query Task($id: ID!) { improvementTask(id: $id) { name statusName } }"""
TASK_CLOSE = f"""mutation TaskClose($ids: [ID!], $evidence: CloseEvidenceInput!) {{
  improvementTaskClose(ids: $ids, evidence: $evidence) {{ {OUTCOMES} }}
}}"""
BACKLOG = """query Backlog {
  improvementTasks(first: 10, orderBy: IMPACT_DESC) {
    nodes { name statusName priority expectedImpact { score requestsPerDay } } totalCount
  }
}"""
ADD_FROM_FEEDBACK = f"""mutation AddFromFeedback($id: ID!, $endpoint: ID!, $count: Int!) {{
  trainingSheetAddFromFeedback(
    id: $id
    where: {{ endpointId: $endpoint, hasCorrection: true }}
    expectedCount: $count
  ) {{ {OUTCOMES} }}
}}"""
TRACE = """query Trace($requestId: ID!) {
  inferenceRecord(requestId: $requestId) {
    at input output endpointVersion { id number }
    modelVersion { id name lineage {
      job { name } snapshots { id sha256 } trainingSheets { name } templateVersions { id } sheetVersions { id }
      tables { fullName } completeness { complete }
    } }
  }
}"""
LIVE_EXPOSURE = """query LiveExposure($sheetId: ID!, $itemRef: String!) {
  exposure(sheetId: $sheetId, itemRef: $itemRef) {
    modelVersions { id name } endpoints { id name statusName } trafficShare completeness { complete }
  }
}"""
IMPACT = """query Impact($id: ID!) {
  asset(id: $id) { name impact(action: TRASH) {
    allowed blockers { message } dependents live { endpoints models monitors } byKind { kind count } requestsPerDay
  } }
}"""
CORRECTED_PAIR = """query CorrectedPair($id: ID!) {
  qaPairs(where: { trainingSheetId: $id, source: [FEEDBACK] }, first: 1) {
    nodes {
      id question answer upstream(depth: 1, filter: { rows: true, kinds: [FEEDBACK] }) { nodes { nodes { id } } }
    }
  }
}"""
SAID = """query Said($id: ID!) { feedback(id: $id) { requestId answer correction } }"""
LEARNED = """query Learned($id: ID!) {
  exposure(id: $id) { modelVersions { name } endpoints { name } trafficShare }
}"""
LINEAGE = """query ModelLineage($id: ID!) {
  modelVersion(id: $id) { id name number evaluations { metric value sampleSize }
    lineage {
      job { id name hyperparameters } snapshots { id sha256 } trainingSheets { id name }
      templateVersions { id number template { name } } sheetVersions { id number sheet { name } }
      tables { fullName } labels(first: 1) { totalCount } completeness { complete }
    } }
}"""
UPSTREAM = """query Upstream($id: ID!) {
  asset(id: $id) { name upstream(depth: 25) {
    nodes(first: 100) { nodes { depth kind asset { name statusName } } edges { from to relation } totalCount }
    counts { depth kind count } completeness { complete }
  } }
}"""
USED_BY = """query UsedBy($id: ID!) {
  asset(id: $id) { name usedBy(first: 50) { edges { relation versionNumbers node { id kind name } } totalCount } }
}"""
PAIRS = """query Pairs($id: ID!) {
  trainingSheet(id: $id) {
    name
    pairs(first: 20) { nodes { position question answer source statusName itemRef } totalCount }
  }
}"""
