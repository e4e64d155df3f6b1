"""The disclosure matrix once more, typed from the source table by itself, in the shorthand of that table.

Nothing here is generated from `schemas/v1/disclosure.json`, and nothing there from here: where the two
differ, one of them is a slip. Columns, left to right: AP lead · AP DSL · AP front line · HS SENCO · HS class ·
HS DSL · receiving SENCO · LA inclusion · LA SEN · virtual school/social worker · health · youth justice ·
other provider · parent · pupil.
"""

ROWS = """
identity|F|F|name only|F|F|F|F|F|F|F|F|F|name only|F|F
contacts|F|F|emergency number|F|S|F|F|K|F|F|K|K|emergency number|own only|F
placement-facts|F|F|days/site|F|S|F|F|F|F|F|S|S|days/site|F|A
rationale|F|S|N|F|S|S|F|S|F|F|S|N|N|F|A
domain-assessments|F|N|N|F|S|N|F|N|F|S|K|N|N|F|A
strengths|F|S|F|F|F|S|F|S|F|F|F|S|F|F|A
needs|F|S|S|F|S|S|F|S|F|F|F|K|S|F|A
triggers|F|F|F actions|F|S what to do|F|F|N|F|F|F|K|F actions|F|A
warning-signs|F|F|F|F|F|F|F|N|S|S|F|N|F|F|A
strategies|F|S|F|F|F|S|F|N|F|S|F|K|F|F|A
sensitivities|F|N|F|F|F|N|F|N|F|S|F|N|F|F|A
readiness-social|F|N|N|F|S|N|F|N|F|S|S|N|N|F|A
interventions|F|N|N|F|S|N|F|S|F|S|F|N|N|F|A
attainment-attendance|F|attendance|own sessions|F|F|attendance|F|S|F|F|N|K|N|F|F
send|F|S|S adjustments|F|S adjustments|S|F|flag plan|F|F|F|N|S adjustments|F|A
medical|F|F|F emergency|F|F emergency|F|F|N|F|S|F|N|F emergency|F|A
care-status|flag LAC|F|N|flag LAC|N|F|flag LAC|flag LAC|flag LAC|F|K|K|DSL only|own status|K
safeguarding|D|F|N|D|N|F|N|N|N|social worker F|N|N|DSL only|N|N
incidents|F|F|S risk actions|F|N|F|F|S|S|F|N|K|N|own, redacted|A
pupil-voice|F by preference|S|N|F|S if agreed|S|F|N|F|F|if agreed|N|N|A if agreed|F
parent-voice|F|S|N|F|N|S|F|N|F|F|K|N|N|F|K
fsm|F|N|meals|F|N|N|F|F|N|F|N|N|meals|F|A
agencies|F|F|N|F|N|F|F|N|F|F|F|own only|DSL only|F|A
final-report|F|N|N|F|S|S|F|outcome code|F|S|S|N|N|F|A
"""
