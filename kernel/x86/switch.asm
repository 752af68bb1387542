; The context switch: nothing but registers that a C function must preserve [SysV i386 2.2].
;
;       eax  where to save the stack pointer         edx  stack pointer to load
;
; stack_prepare() (stack.c) builds the same picture by hand.  Floor 1.

        global  switch_stacks
        global  switch_first

        section .text

; void switch_stacks(uint32_t *save, uint32_t load)
switch_stacks:
        push    ebp
        push    ebx
        push    esi
        push    edi
        mov     [eax], esp
        mov     esp, edx
        pop     edi
        pop     esi
        pop     ebx
        pop     ebp
        ret

; Where the first switch to a new task goes: begin(entry, arg), as stack_prepare() left them in registers.
switch_first:
        mov     eax, esi
        mov     edx, edi
        jmp     ebx

        section .note.GNU-stack noalloc noexec nowrite  ; no executable stack wanted
