#include "turntable/tape/redaction.hpp"

namespace turntable::inline v0::tape {

namespace {

struct DefaultRule {
    const char* name;
    RedactWhere where;
    const char* pattern;
};

using enum RedactWhere;

constexpr DefaultRule defaults[] = {
    {"authorization", header, "*authorization"},
    {"cookie", header, "cookie"},
    {"cookie", header, "set-cookie"},
    {"api-key", header, "*api-key"},
    {"token", header, "*-token"},
    {"secret", header, "*secret*"},

    {"password", key, "*password"},
    {"password", key, "*passwd"},
    {"password", key, "*passphrase"},
    {"password", key, "pwd"},
    {"secret", key, "*secret"},
    {"secret", key, "*secret_key"},
    {"secret", key, "*secretkey"},
    {"secret", key, "*secretaccesskey"},
    {"secret", key, "*secret_access_key"},
    {"token", key, "token"},
    {"token", key, "*_token"},
    {"token", key, "*-token"},
    {"token", key, "*accesstoken"},
    {"token", key, "*refreshtoken"},
    {"token", key, "*idtoken"},
    {"token", key, "*authtoken"},
    {"token", key, "*apitoken"},
    {"token", key, "*sessiontoken"},
    {"token", key, "*bearertoken"},
    {"api-key", key, "*apikey"},
    {"api-key", key, "*api_key"},
    {"api-key", key, "*api-key"},
    {"authorization", key, "*authorization"},
    {"cookie", key, "cookie"},
    {"cookie", key, "set-cookie"},
    {"credentials", key, "*credential"},
    {"credentials", key, "*credentials"},
    {"private-key", key, "*privatekey"},
    {"private-key", key, "*private_key"},
    {"connection", key, "*connection_string"},
    {"connection", key, "*connectionstring"},

    {"aws-key-id", value, R"(\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b)"},
    {"github", value, R"(\bgh[pousr]_[A-Za-z0-9]{36,255})"},
    {"github", value, R"(\bgithub_pat_[A-Za-z0-9_]{22,255})"},
    {"gitlab", value, R"(\bglpat-[A-Za-z0-9_-]{20,})"},
    {"slack", value, R"(\bxox[abeoprs]-[A-Za-z0-9-]{10,})"},
    {"sk", value, R"(\bsk-[A-Za-z0-9_-]{20,})"},
    {"stripe", value, R"(\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,})"},
    {"google", value, R"(\bAIza[A-Za-z0-9_-]{35})"},
    {"npm", value, R"(\bnpm_[A-Za-z0-9]{36})"},
    {"pypi", value, R"(\bpypi-[A-Za-z0-9_-]{50,})"},
    {"hugging-face", value, R"(\bhf_[A-Za-z0-9]{30,})"},
    {"jwt", value, R"(\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*)"},
    {"bearer", value, R"((?i)\bbearer\s+([A-Za-z0-9._~+/=-]{8,}))"},
    {"basic", value, R"((?i)\bbasic\s+([A-Za-z0-9+/]{12,}=*))"},
    {"url-password", value, R"([A-Za-z][A-Za-z0-9+.-]*://[^/\s:@"\\]*:([^@\s/"\\]+)@)"},
    {"private-key", value,
     R"(-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)-----END [A-Z ]*PRIVATE KEY-----)"},
};

}  // namespace

std::vector<RedactRule> default_redact_rules(RedactAction action) {
    std::vector<RedactRule> rules;
    for (const DefaultRule& rule : defaults) {
        rules.push_back({rule.name, rule.where, rule.pattern, "", action, ""});
    }
    return rules;
}

}  // namespace turntable::inline v0::tape
