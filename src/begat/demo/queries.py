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
    produced { id name number aliases evaluations { metric split value sampleSize } } }
}"""
PROMOTE = f"""mutation Promote($id: ID!, $reason: String) {{
  modelVersionPromote(id: $id, reason: $reason) {{ node {{ id }} {ERRORS} }}
}}"""
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
EXPOSURE = """query Exposure($sheetId: ID!, $itemRef: String!) {
  exposure(sheetId: $sheetId, itemRef: $itemRef) { rows modelVersions { id name } completeness { complete } }
}"""
PAIRS = """query Pairs($id: ID!) {
  trainingSheet(id: $id) {
    name
    pairs(first: 20) { nodes { position question answer source statusName itemRef } totalCount }
  }
}"""
