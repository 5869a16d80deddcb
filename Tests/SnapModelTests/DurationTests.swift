import SnapModel
import Testing

@Suite("Durations as they are recorded")
struct DurationTests {
    @Test(arguments: [0, 1, 999_999, 1_000_000, 86_400_000_001, -1, -1_500_000, Int64.max, Int64.min])
    func wholeMicrosecondsComeBack(count: Int64) {
        #expect(Duration.microseconds(count).wholeMicroseconds == count)
    }

    @Test func theRestIsCutOff() {
        #expect(Duration.nanoseconds(1_999).wholeMicroseconds == 1)
        #expect(Duration.nanoseconds(999).wholeMicroseconds == 0)
    }

    @Test func whatDoesNotFitIsTheNearestThatDoes() {
        #expect(Duration.seconds(Int64.max).wholeMicroseconds == .max)
        #expect(Duration.seconds(Int64.min).wholeMicroseconds == .min)
    }
}
