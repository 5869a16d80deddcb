import Testing

@testable import SnapEngine

@Suite struct TransferProgressTests {
    /// Whoever watches the whole sees that somebody is at work, and no more progress than there is.
    @Test func `what is done again is a sign of life only`() {
        let whole = TransferProgress()
        let part = TransferProgress(partOf: whole)
        part.addProcessed(3)
        let again = TransferProgress(repeating: part)
        again.addRead(5)
        again.addProcessed(5)
        again.addNew(5, stored: 4)
        #expect(again.processedByteCount == 5)
        #expect(whole.processedByteCount == 3 && whole.readByteCount == 0 && whole.newByteCount == 0)
        #expect(part.repeatedByteCount == 5 && whole.repeatedByteCount == 5)
    }
}
