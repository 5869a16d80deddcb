/// The schedules there are.
struct SchedulesAnswer: Answer {
    let schedules: [Schedule]

    var value: OutputValue {
        .record([OutputField("Schedules", .list(schedules.map { .record(ScheduleFields.of($0)) }))])
    }

    func writeTable(to output: OutputBuffer, style: Style, columnCount: Int?) {
        if schedules.isEmpty { return output.append("Nothing is scheduled.\n") }
        var table = Table([.init("SCHEDULE"), .init("WHEN"), .init("POLICY"), .init("VOLUMES")])
        for schedule in schedules {
            table.append([
                .init(schedule.name), .init(schedule.calendar), .init(schedule.policy ?? "–"),
                .init(schedule.volumes.joined(separator: " ")),
            ])
        }
        table.write(to: output, style: style, columnCount: columnCount)
    }
}

/// A schedule that was added or removed, and what is left to do.
struct ScheduleAnswer: Answer {
    let schedule: Schedule
    /// `added`, `removed`
    let verb: String
    let files: [String]
    /// Commands and other things that are left to the user.
    let left: [String]

    var value: OutputValue {
        .record(
            ScheduleFields.of(schedule) + [
                OutputField("Files", .list(files.map(OutputValue.text))),
                OutputField("LeftToDo", .list(left.map(OutputValue.text))),
            ])
    }

    func writeTable(to output: OutputBuffer, style: Style, columnCount: Int?) {
        output.append(TerminalText.oneLine("\(verb) \(schedule.name): \(schedule.calendar)") + "\n")
        for file in files { output.append("  \(TerminalText.oneLine(file))\n") }
        if left.isEmpty { return }
        output.append(style.apply(.waiting, to: "left to do:") + "\n")
        for step in left { output.append("  \(TerminalText.oneLine(step))\n") }
    }
}

private enum ScheduleFields {
    static func of(_ schedule: Schedule) -> [OutputField] {
        var fields: [OutputField] = []
        fields.append("Name", .text(schedule.name))
        fields.append("Volumes", .list(schedule.volumes.map(OutputValue.text)))
        fields.append("OnCalendar", .text(schedule.calendar))
        fields.append("Description", .text(schedule.description))
        fields.append("Policy", schedule.policy.map(OutputValue.text))
        fields.append("Timer", .text(schedule.timer))
        return fields
    }
}
