/// The `TZ` of POSIX, such as `CET-1CEST,M3.5.0,M10.5.0/3`: what holds every year after the last change that is listed.
struct TimeZoneRule: Hashable, Sendable {
    /// In seconds east of Greenwich.
    private let standard: Int64
    private let summer: Summer?

    private struct Summer: Hashable {
        var offset: Int64
        var start: Change
        var end: Change
    }

    /// When in a year clocks are changed.
    private struct Change: Hashable {
        enum Day: Hashable {
            /// The n-th such weekday (0: Sunday) of a month; the 5th: the last.
            case weekday(month: Int64, week: Int64, weekday: Int64)
            /// From 1, never counting 29 February.
            case julian(Int64)
            /// From 0, counting it.
            case ofYear(Int64)
        }

        var day: Day
        /// Seconds since midnight, as the clocks show before the change.
        var time: Int64

        func clock(in year: Int64) -> Int64 { dayNumber(in: year) * 86_400 + time }

        private func dayNumber(in year: Int64) -> Int64 {
            let newYear = CivilDay(year: year, month: 1, day: 1).number
            switch day {
            case .julian(let day):
                let hasLeapDay = CivilDay.dayCount(year: year, month: 2) == 29
                return newYear + day - 1 + (hasLeapDay && day >= 60 ? 1 : 0)
            case .ofYear(let day): return newYear + day
            case .weekday(let month, let week, let weekday):
                let first = CivilDay(year: year, month: month, day: 1)
                // From days that begin with Monday to POSIX's, which begin with Sunday.
                let distance = (weekday - (first.weekday + 1) % 7 + 7) % 7
                let last = first.number + CivilDay.dayCount(year: year, month: month) - 1
                let day = first.number + distance + (week - 1) * 7
                return day > last ? day - 7 : day
            }
        }
    }

    init?(_ text: String) {
        var words = Words(text)
        guard words.skipName(), let west = words.time() else { return nil }
        standard = -west
        if words.isAtEnd {
            summer = nil
            return
        }
        guard words.skipName() else { return nil }
        let summerOffset = words.isAt(",") ? standard + 3_600 : words.time().map { -$0 }
        guard let summerOffset, let start = words.change(), let end = words.change(), words.isAtEnd else { return nil }
        summer = Summer(offset: summerOffset, start: start, end: end)
    }

    func offset(atSeconds seconds: Int64) -> Int64 {
        guard let summer else { return standard }
        // The year as the standard clocks have it: changes are never near its turn by less than their own offset.
        let year = CivilDay(number: (seconds + standard).flooredQuotient(86_400)).date.year
        let start = summer.start.clock(in: year) - standard
        let end = summer.end.clock(in: year) - summer.offset
        let isSummer = start < end ? start <= seconds && seconds < end : !(end <= seconds && seconds < start)
        return isSummer ? summer.offset : standard
    }

    /// What is left to read.
    private struct Words {
        private var rest: Substring

        init(_ text: String) { rest = text[...] }

        var isAtEnd: Bool { rest.isEmpty }

        func isAt(_ character: Character) -> Bool { rest.first == character }

        /// `CET`, `<+0330>`
        mutating func skipName() -> Bool {
            if take("<") {
                guard let end = rest.firstIndex(of: ">") else { return false }
                rest = rest[end...].dropFirst()
                return true
            }
            let name = rest.prefix(while: \.isLetter)
            rest = rest.dropFirst(name.count)
            return name.count >= 3
        }

        /// `-5`, `3:30`, `-1:30:15`, in seconds.
        mutating func time() -> Int64? {
            let sign: Int64 = take("-") ? -1 : 1
            if sign == 1 { _ = take("+") }
            guard var seconds = number().map({ $0 * 3_600 }) else { return nil }
            for unit: Int64 in [60, 1] where take(":") {
                guard let part = number() else { return nil }
                seconds += part * unit
            }
            return sign * seconds
        }

        /// `,M3.5.0/2`, `,J60`, `,59/-1`
        mutating func change() -> Change? {
            guard take(","), let day = day() else { return nil }
            guard take("/") else { return Change(day: day, time: 7_200) }
            return time().map { Change(day: day, time: $0) }
        }

        private mutating func day() -> Change.Day? {
            if take("J") { return number().flatMap { (1...365).contains($0) ? .julian($0) : nil } }
            guard take("M") else { return number().flatMap { $0 <= 365 ? .ofYear($0) : nil } }
            guard let month = number(), take("."), let week = number(), take("."), let weekday = number(),
                (1...12).contains(month), (1...5).contains(week), weekday <= 6
            else { return nil }
            return .weekday(month: month, week: week, weekday: weekday)
        }

        private mutating func number() -> Int64? {
            let digits = rest.prefix(while: { ("0"..."9").contains($0) })
            guard digits.count <= 4, let number = Int64(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            return number
        }

        private mutating func take(_ character: Character) -> Bool {
            guard rest.first == character else { return false }
            rest = rest.dropFirst()
            return true
        }
    }
}
