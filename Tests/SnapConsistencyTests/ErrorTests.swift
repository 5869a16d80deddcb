import SnapConsistency
import Testing

@Suite struct ConsistencyErrorTests {
    @Test func isOneLine() {
        #expect(ConsistencyError(.hookFailed, "one\ntwo").description == "one; two")
    }
}
