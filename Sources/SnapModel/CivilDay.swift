/// A day of the proleptic Gregorian calendar, as its number since 1970-01-01.
package struct CivilDay: Hashable, Comparable, Sendable {
    package let number: Int64

    package init(number: Int64) { self.number = number }

    /// A month past 12, or before 1, is one of a later, or earlier, year; so for days.
    package init(year: Int64, month: Int64, day: Int64) {
        let months = year * 12 + month - 1
        let (year, month) = (months.flooredQuotient(12), months.flooredRemainder(12) + 1)
        let shiftedMonth = month <= 2 ? month + 9 : month - 3
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear.flooredQuotient(400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * shiftedMonth + 2) / 5 + day - 1
        number = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    package var date: (year: Int64, month: Int64, day: Int64) {
        // Days since 0000-03-01, in eras of 400 years: leap days then fall at the end of a year.
        let days = number + 719_468
        let era = days.flooredQuotient(146_097)
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    /// 0: Monday.
    package var weekday: Int64 { (number + 3).flooredRemainder(7) }

    /// Weeks begin on Monday, as ISO 8601 has it; counted since that of 1970-01-01.
    package var weekNumber: Int64 { (number + 3).flooredQuotient(7) }

    /// The same day of an earlier month, or the last of it where it has none such.
    package func subtracting(months: Int64) -> CivilDay {
        let (year, month, day) = date
        let first = CivilDay(year: year, month: month - months, day: 1)
        let next = CivilDay(year: year, month: month - months + 1, day: 1)
        return CivilDay(number: min(first.number + day, next.number) - 1)
    }

    package static func dayCount(year: Int64, month: Int64) -> Int64 {
        CivilDay(year: year, month: month + 1, day: 1).number - CivilDay(year: year, month: month, day: 1).number
    }

    package static func < (left: CivilDay, right: CivilDay) -> Bool { left.number < right.number }
}

extension Int64 {
    /// Rounded towards negative infinity, as days before 1970 need.
    func flooredQuotient(_ divisor: Int64) -> Int64 { (self - flooredRemainder(divisor)) / divisor }

    func flooredRemainder(_ divisor: Int64) -> Int64 { ((self % divisor) + divisor) % divisor }
}
