"""The facts about the Common Transfer File that are lists: paths, versions and code tables."""

CURRENT_VERSION = 26
OLDEST_VERSION = 9

REGISTRATION = {"C": "single", "M": "dualMain", "S": "dualSubsidiary", "P": "notOnRoll"}
"""EnrolStatus to the standard's registration status; G, F and O say nothing about the register."""

ELSEWHERE = frozenset({"S", "G", "F", "O"})
"""EnrolStatus of pupils whose main school is another one than the school that made the file."""

LEGACY_PROVISION = {"A": "K", "P": "K", "Q": "K", "S": "E"}
"""SEN provision before 2014: School Action (Plus) became SEN support, a statement an EHC plan."""

LEGACY_SEN_TYPE = {"BESD": "SEMH"}

YEAR_GROUPS = frozenset({"R", *(str(year) for year in range(1, 15))})

NOT_ATTAINED = {"T": "targets are not results", "E": "estimates are not results", "I": "interim results"}
"""ResultStatus of assessments that say nothing about what was attained."""

USED = frozenset(
    {
        "Header/CTFversion",
        "Header/CTFVersion",
        "Header/ATFversion",
        "Header/ATFVersion",
        "Header/DateTime",
        "Header/DocumentQualifier",
        "Header/SourceSchool/LEA",
        "Header/SourceSchool/Estab",
        "Header/SourceSchool/URN",
        "Header/SourceSchool/SchoolName",
        "Header/SourceSchool/AcademicYear",
        *(
            f"Pupil/{path}"
            for path in (
                "UPN",
                "UniqueLearnerNumber",
                "Surname",
                "Forename",
                "DOB",
                "Sex",
                "Gender",
                "BasicDetails/FormerUPN",
                "BasicDetails/PreferredSurname",
                "BasicDetails/PreferredForename",
                "BasicDetails/FormerSurname",
                "BasicDetails/FormerForename",
                "BasicDetails/MiddleNames",
                "BasicDetails/NCyearActual",
                "BasicDetails/Ethnicity",
                "BasicDetails/EthnicitySource",
                "BasicDetails/Languages/Type/LanguageType",
                "BasicDetails/Languages/Type/Language",
                "BasicDetails/MedicalFlag",
                "BasicDetails/Disabilities/Disability",
                "BasicDetails/EnrolStatus",
                "FSMhistory/FSMinstance/FSMstartDate",
                "FSMhistory/FSMinstance/FSMendDate",
                "LookedAfter/InCare",
                "LookedAfter/CareAuthority",
                "SENhistory/SEN/StartDate",
                "SENhistory/SEN/SENprovision",
                "SENhistory/SEN/EndDate",
                "SENhistory/SENneeds/SENneed/SENtypeRank",
                "SENhistory/SENneeds/SENneed/SENtype",
                "SENhistory/SENneeds/SENneed/NeedEndDate",
                *(
                    f"{owner}Address/{path}"
                    for owner in ("", "Contacts/Contact/")
                    for path in (
                        "BS7666Address/SAON",
                        "BS7666Address/PAON",
                        "BS7666Address/Street",
                        "BS7666Address/Locality",
                        "BS7666Address/Town",
                        "BS7666Address/AdministrativeArea",
                        "BS7666Address/PostTown",
                        *(f"AddressLines/AddressLine{number}" for number in range(1, 6)),
                        "County",
                        "PostCode",
                    )
                ),
                "Email",
                "Contacts/Contact/Order",
                "Contacts/Contact/Title",
                "Contacts/Contact/Surname",
                "Contacts/Contact/Forename",
                "Contacts/Contact/Relationship",
                "Contacts/Contact/Responsibility",
                "Contacts/Contact/Address/AddressAsPupil",
                "Contacts/Contact/Phones/Phone/TelephoneType",
                "Contacts/Contact/Phones/Phone/PhoneNo",
                "Contacts/Contact/Email",
                "Contacts/Contact/SuppInfo/CourtOrder",
                "Attendance/YearData/Year",
                "Attendance/YearData/SessionsPossible",
                "Attendance/YearData/SessionsAuthorised",
                "Attendance/YearData/SessionsAttended",
                "Attendance/YearData/SessionsUnauthorised",
                "StageAssessments/KeyStage/Stage",
                "StageAssessments/KeyStage/StageAssessment/Year",
                "StageAssessments/KeyStage/StageAssessment/Subject",
                "StageAssessments/KeyStage/StageAssessment/Method",
                "StageAssessments/KeyStage/StageAssessment/Component",
                "StageAssessments/KeyStage/StageAssessment/ResultStatus",
                "StageAssessments/KeyStage/StageAssessment/ResultQualifier",
                "StageAssessments/KeyStage/StageAssessment/Result",
                "StageAssessments/KeyStage/StageAssessment/ResultDate",
            )
        ),
    }
)
"""Element paths that go into a draft or are judged in a finding."""

_NO_PLACE = "the learner record has no place for it"

IGNORED = {
    "Header": "about the file",
    "Pupil/ApplicationReference": _NO_PLACE,
    "Pupil/Admissions": _NO_PLACE,
    "Pupil/UCI": _NO_PLACE,
    "Pupil/BasicDetails/ServiceChild": _NO_PLACE,
    "Pupil/BasicDetails/SuppInfo": "the exporting system's own additions",
    "Pupil/FSMhistory/FSMreviewDate": _NO_PLACE,
    "Pupil/FSMhistory/FSMinstance/FSMEligibilityVerificationDate": _NO_PLACE,
    "Pupil/FSMhistory/FSMinstance/UKcountry": _NO_PLACE,
    "Pupil/FSMhistory/FSMinstance/FSMCategory": _NO_PLACE,
    "Pupil/NAWdetails": "details for Wales; a person reads them in the original file",
    "Pupil/SENhistory/SENneeds/SENneed/NeedStartDate": _NO_PLACE,
    "Pupil/Address": "not part of a postal address",
    "Pupil/Phones": "the learner record has no telephone of the pupil's own",
    "Pupil/Contacts/Contact/MiddleNames": _NO_PLACE,
    "Pupil/Contacts/Contact/Gender": _NO_PLACE,
    "Pupil/Contacts/Contact/Address": "not part of a postal address",
    "Pupil/Contacts/Contact/SuppInfo": "the exporting system's own additions",
    "Pupil/Attendance/YearData/LEA": "totals are not kept by school",
    "Pupil/Attendance/YearData/Estab": "totals are not kept by school",
    "Pupil/Attendance/YearData/URN": "totals are not kept by school",
    "Pupil/Attendance/YearData/SchoolName": "totals are not kept by school",
    "Pupil/Attendance/YearData/AttendSessions": "marks of single sessions; the totals are taken",
    "Pupil/StageAssessments/KeyStage/StageAssessment/Locale": _NO_PLACE,
    "Pupil/SchoolHistory": "earlier schools, dates and reasons of leaving",
    "Pupil/SuppInfo": "the exporting system's own additions",
}
"""Element paths that are known and left out, each with the reason; a path covers what is below it."""

SKIP = frozenset({"NAWdetails", "SchoolHistory", "AttendSessions", "Admissions"})
"""Elements that are counted without being read: all of them are in IGNORED."""
