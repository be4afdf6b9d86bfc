#include "guardian/cli/report.h"

struct gd_status gd_report_write(const struct gd_report *report, enum gd_format format,
                                 const struct gd_screen *screen, struct gd_error *err)
{
    switch (format) {
    case GD_FORMAT_JSON:
        return gd_report_json(report, screen->stream, err);
    case GD_FORMAT_SARIF:
        return gd_report_sarif(report, screen->stream, err);
    case GD_FORMAT_GITHUB:
        return gd_report_github(report, screen->stream, err);
    case GD_FORMAT_TEXT:
        break;
    }
    return gd_report_text(report, screen, err);
}
